/** The list of the sounds that come with Framecast, and listening to one of them. */
import { randomBytes } from 'node:crypto'
import { t } from 'tap'
import { openSystemStore } from '../../core/platform/store.ts'
import { SYSTEM_ASSETS } from '../../core/storyboard/system-assets.ts'
import { buildKey } from '../support/builders.ts'
import { startStudio } from '../support/studio.ts'

type Wire = {
  id: string
  category: string
  name: string
  tags: string[]
  preview_url: string
  preview_url_expires_at: string
}

const KEYS = [
  'id',
  'category',
  'name',
  'description',
  'duration_seconds',
  's3_key',
  'content_type',
  'size_bytes',
  'tags',
  'created_at',
]
const SOUND = randomBytes(20_000)
const POP = 'asset_sfx_pop'

const studio = await startStudio(t)
for (const { id, category, name, description, seconds, tags } of SYSTEM_ASSETS) {
  await studio.pool.query(
    `insert into system_assets (id, category, name, description, duration_seconds, s3_key, content_type, size_bytes, tags)
     values ($1, $2, $3, $4, $5, $6, 'audio/ogg', $7, $8)`,
    [id, category, name, description, seconds, `assets/${category}/${id}.ogg`, SOUND.length, tags],
  )
}
const store = openSystemStore(studio.config)
await store.ensureBucket()
await store.putBytes(`assets/sfx/${POP}.ogg`, SOUND, 'audio/ogg', AbortSignal.timeout(10_000))

const list = async (query = ''): Promise<Wire[]> => {
  const reply = await studio.request(`/v1/system-assets${query}`)
  t.equal(reply.status, 200, query)
  return (await reply.json()) as Wire[]
}
const ids = (assets: readonly Wire[]): string[] => assets.map(({ id }) => id)

t.test('the list has every sound, by category and name, with keys in their order', async (t) => {
  const assets = await list()
  t.equal(assets.length, 42)
  const inOrder = assets.toSorted((a, b) => (`${a.category} ${a.name}` < `${b.category} ${b.name}` ? -1 : 1))
  t.strictSame(ids(assets), ids(inOrder))
  for (const asset of assets) t.strictSame(Object.keys(asset), KEYS, asset.id)
  t.match(
    assets.find(({ id }) => id === 'asset_sfx_footsteps_running'),
    {
      category: 'sfx',
      name: 'Footsteps Running',
      description: 'Running',
      duration_seconds: '1.200',
      s3_key: 'assets/sfx/asset_sfx_footsteps_running.ogg',
      content_type: 'audio/ogg',
      size_bytes: 20_000,
      tags: ['human', 'movement', 'running', 'fast'],
    },
  )
})

t.test('pages follow each other to the end', async (t) => {
  const found: string[] = []
  let path: string | null = '/v1/system-assets?limit=10'
  let pages = 0
  while (path) {
    const reply: Response = await studio.request(path)
    t.equal(reply.status, 200)
    found.push(...ids((await reply.json()) as Wire[]))
    pages += 1
    const cursor: string | null = reply.headers.get('x-next-cursor')
    const next: string | undefined = /^<(.*)>; rel="next"$/.exec(reply.headers.get('link') ?? '')?.[1]
    t.equal(next === undefined, cursor === null, 'both headers or none')
    if (next) t.equal(new URL(next).searchParams.get('cursor'), cursor)
    path = next ? new URL(next).pathname + new URL(next).search : null
  }
  t.equal(pages, 5)
  t.strictSame(found, ids(await list()))
  t.strictSame(ids(await list('?offset=40')), found.slice(40))
  t.strictSame(ids(await list('?limit=3&offset=2')), found.slice(2, 5))
  t.equal((await list('?limit=1000')).length, 42, 'limits are clamped')
})

t.test('filters', async (t) => {
  t.equal((await list('?category=music')).length, 10)
  t.ok((await list('?category=ambient')).every(({ category }) => category === 'ambient'))
  const tagged = await list('?tags=birds,%20weather,')
  t.strictSame(
    ids(tagged),
    ['asset_ambient_nature', 'asset_ambient_ocean', 'asset_ambient_nature_rain'].toSorted(
      (a, b) => ids(tagged).indexOf(a) - ids(tagged).indexOf(b),
    ),
    'any of the tags',
  )
  t.strictSame(await list('?tags=bird'), [], 'a tag is matched as a whole')
  t.equal((await list('?tags=,')).length, 42, 'no tag at all is no filter')
  t.strictSame(ids(await list('?search=RUNN')), ['asset_sfx_footsteps_running'], 'in any case')
  t.strictSame(ids(await list('?search=rain')), ['asset_ambient_nature_rain'], 'in name or description')
  t.strictSame(ids(await list('?search=woodland')), ['asset_ambient_nature'])
  for (const literal of ['%25', '_', '%5C', "'", '.*'])
    t.strictSame(await list(`?search=${literal}`), [], literal)
  t.strictSame(
    ids(await list('?category=sfx&tags=crowd&search=short')),
    ['asset_sfx_applause_short'],
    'filters add up',
  )
  t.strictSame(await list('?category=music&tags=crowd'), [])
})

t.test('wrong query values are refused', async (t) => {
  const foreign = await studio.request('/v1/jobs?limit=1')
  for (const query of [
    '?category=noise',
    '?category=SFX',
    '?category=sfx&category=music',
    '?limit=ten',
    '?cursor=nonsense',
    `?cursor=${foreign.headers.get('x-next-cursor') ?? 'none'}`,
    '?search=%00',
    '?tags=%00',
  ]) {
    const reply = await studio.request(`/v1/system-assets${query}`)
    t.equal(reply.status, 400, query)
    t.match(
      await reply.json(),
      { error: { code: 'VALIDATION_ERROR', message: /^Validation error: / } },
      query,
    )
  }
})

t.test('any credential of a person will do, whatever its scopes', async (t) => {
  const { rawKey } = await buildKey(studio.pool, ['generate'])
  for (const path of ['/v1/system-assets', `/v1/system-assets/${POP}`]) {
    t.equal((await studio.as(rawKey)(path)).status, 200, `a narrow key at ${path}`)
    t.equal((await studio.as(await studio.logIn({ userId: studio.userId }))(path)).status, 200, 'a session')
    t.equal((await studio.request(path, { headers: { authorization: '' } })).status, 401)
    t.equal((await studio.request(path, { method: 'DELETE' })).status, 405)
  }
})

t.test('one sound comes with a link to listen to it', async (t) => {
  const reply = await studio.request(`/v1/system-assets/${POP}`)
  t.equal(reply.status, 200)
  const asset = (await reply.json()) as Wire
  t.strictSame(Object.keys(asset), [...KEYS, 'preview_url', 'preview_url_expires_at'])
  const leftS = (Date.parse(asset.preview_url_expires_at) - Date.now()) / 1_000
  t.ok(leftS > 86_000 && leftS <= 86_400, `for a day: ${leftS} s`)

  const sound = await fetch(asset.preview_url)
  t.equal(sound.status, 200)
  t.equal(sound.headers.get('content-type'), 'audio/ogg')
  t.match(sound.headers.get('content-disposition'), /^inline/)
  t.strictSame(Buffer.from(await sound.arrayBuffer()), SOUND)
  const part = await fetch(asset.preview_url, { headers: { range: 'bytes=100-199' } })
  t.equal(part.status, 206)
  t.strictSame(Buffer.from(await part.arrayBuffer()), SOUND.subarray(100, 200))

  const url = new URL(asset.preview_url)
  t.equal(url.pathname, `/media/system/assets/sfx/${POP}.ogg`)
  for (const path of [
    `/media/assets/sfx/${POP}.ogg`,
    `/media/system/assets/sfx/asset_sfx_click.ogg`,
    `/media/system/system/assets/sfx/${POP}.ogg`,
  ])
    t.equal((await fetch(new URL(path + url.search, url))).status, 403, 'a link opens its own object alone')
})

t.test('what is not in the list is not found', async (t) => {
  for (const id of [
    'asset_sfx_nothing',
    'POP',
    '%00',
    'a'.repeat(5_000),
    encodeURIComponent("asset_sfx_'"),
  ]) {
    const reply = await studio.request(`/v1/system-assets/${id}`)
    t.equal(reply.status, 404, id.slice(0, 40))
    t.match(await reply.json(), { error: { code: 'NOT_FOUND' } })
  }
})

t.test('where browsers reach the store, the link leads there', async (t) => {
  const direct = await startStudio(t, {
    env: { MEDIA_DELIVERY: 'redirect', S3_BUCKET_SYSTEM: studio.config.S3_BUCKET_SYSTEM },
    database: { url: studio.config.DATABASE_URL, pool: studio.pool },
  })
  const { preview_url } = (await (await direct.request(`/v1/system-assets/${POP}`)).json()) as Wire
  t.ok(preview_url.startsWith(`${direct.config.S3_PUBLIC_ENDPOINT}/${studio.config.S3_BUCKET_SYSTEM}/`))
  t.equal(new URL(preview_url).searchParams.get('X-Amz-Expires'), '86400')
  t.strictSame(Buffer.from(await (await fetch(preview_url)).arrayBuffer()), SOUND)
})
