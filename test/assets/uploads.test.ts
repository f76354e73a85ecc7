/** Files of people through the API: announced, put, looked at, used and removed. */
import { createHash } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import sharp from 'sharp'
import t from 'tap'
import { userUrn } from '../../core/access/owner.ts'
import type { UserPrincipal } from '../../core/access/principal.ts'
import { expireUploads } from '../../core/assets/expiry.ts'
import { findTools, probe } from '../../core/platform/ffmpeg.ts'
import { newId } from '../../core/platform/ids.ts'
import type { Asset, Upload } from '../../schemas/types.ts'
import { removeObjects } from '../../worker/tasks/remove-objects.ts'
import { buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { makeFilm, makeSound, playlistTo } from '../support/media.ts'
import { read, type Studio, startStudio, type WireError } from '../support/studio.ts'

t.setTimeout(240_000)
const studio = await startStudio(t, { env: { QUOTA_TEAM_BYTES: '300000', QUOTA_STARTER_BYTES: '50000' } })
const { pool, store } = studio
const tools = await findTools(process.env)
const picture = await sharp({ create: { width: 400, height: 200, channels: 3, background: 'teal' } })
  .png()
  .toBuffer()
const film = await makeFilm(tools)
const sound = await makeSound(tools, 'a.mp3', ['-c:a', 'libmp3lame'])

type Person = { user: UserPrincipal; request: Studio['request'] }
const logIn = async (user: UserPrincipal): Promise<Person> => ({
  user,
  request: studio.as(await studio.logIn(user)),
})
const aPerson = async () => logIn(await buildUser(pool))
const owner = await aPerson()
const teamId = await buildTeam(pool, owner.user)
const team = `framecast:team:${teamId}`
const inRole = async (role: 'admin' | 'member' | 'viewer') => {
  const person = await aPerson()
  await buildMember(pool, teamId, person.user, role)
  return person
}
const [admin, member, other, viewer] = await Promise.all([
  inRole('admin'),
  inRole('member'),
  inRole('member'),
  inRole('viewer'),
])
const stranger = await aPerson()

async function buildProject(team = teamId): Promise<string> {
  const id = newId()
  await pool.query(`insert into projects (id, team_id, created_by, name) values ($1, $2, $3, 'Pilot')`, [
    id,
    team,
    owner.user.userId,
  ])
  return id
}

const announce = (person: Person, over: object = {}) =>
  read<Upload & WireError>(
    person.request('/v1/assets/upload-url', {
      json: { filename: 'mara.png', content_type: 'image/png', size_bytes: picture.length, ...over },
    }),
  )
const put = (upload: Upload, bytes: Buffer, headers: Record<string, string> = {}) =>
  fetch(upload.upload_url, {
    method: 'PUT',
    headers: { ...(upload.upload_headers as Record<string, string>), ...headers },
    body: new Uint8Array(bytes),
  })
const confirm = (person: Person, id: string) =>
  read<Asset & WireError>(person.request(`/v1/assets/${id}/confirm`, { method: 'POST' }))
const remove = (person: Person, id: string) =>
  read<WireError>(person.request(`/v1/assets/${id}`, { method: 'DELETE' }))
const row = async (id: string) => (await pool.query('select * from asset_files where id = $1', [id])).rows[0]
const stored = async (urn: string): Promise<number> => {
  const [, kind, id] = urn.split(':')
  const { rows } = await pool.query(
    `select ephemeral_storage_bytes::int as n from ${kind === 'user' ? 'users' : 'teams'} where id = $1`,
    [id],
  )
  return rows[0].n
}
const objectsOf = async (upload: Upload): Promise<string[]> => {
  const folder = upload.asset.s3_key.slice(0, upload.asset.s3_key.lastIndexOf('/') + 1)
  const keys: string[] = []
  for await (const key of store.list(folder)) keys.push(key.slice(folder.length))
  return keys.sort()
}

/** Announces, puts and confirms a file of this content. */
async function bring(
  person: Person,
  bytes: Buffer,
  content_type: string,
  over: object = {},
): Promise<Upload> {
  const { status, body } = await announce(person, { content_type, size_bytes: bytes.length, ...over })
  if (status !== 201) throw new Error(JSON.stringify(body))
  const sent = await put(body, bytes)
  if (sent.status !== 200) throw new Error(`${sent.status} ${await sent.text()}`)
  return body
}

/** Runs the removals that are due, as a worker does; with `late`, also those that wait for their time. */
async function runRemovals(late = false): Promise<void> {
  const { rows } = await pool.query<{ payload: { prefix: string } }>(
    `delete from graphile_worker._private_jobs where key like 'objects:%' and ($1 or run_at <= now()) returning payload`,
    [late],
  )
  for (const { payload } of rows) await removeObjects(store)(payload, {} as never)
}

t.test('pictures, sounds and films come in, are measured, and go out as they were', async (t) => {
  const before = await stored(userUrn(owner.user.userId))
  let bytes = 0
  for (const [content, type, filename, measured] of [
    [
      picture,
      'image/png',
      'Mara "am" Hafen é.png',
      { width: 400, height: 200, thumbnail: { width: 320, height: 160 } },
    ],
    [sound, 'audio/mpeg', 'hum.mp3', { channels: 1, sample_rate: 44_100 }],
    [
      film,
      'video/mp4',
      'boat.mp4',
      { width: 640, height: 360, fps: 24, thumbnail: { width: 320, height: 180 } },
    ],
  ] as const) {
    const upload = await bring(owner, content, type, { filename })
    const { status, body } = await confirm(owner, upload.asset.id)
    t.equal(status, 200, JSON.stringify(body))
    bytes += content.length
    const sha256 = createHash('sha256').update(content).digest('hex')
    t.match(body, { status: 'ready', size_bytes: content.length, metadata: { sha256, ...measured } })
    if (type !== 'image/png')
      t.ok(Math.abs(body.metadata.duration! - 2) < 0.15, `${body.metadata.duration} s`)
    t.equal(body.metadata.peaks?.length, type === 'audio/mpeg' ? 200 : undefined)

    const download = await fetch(body.download_url!)
    t.strictSame(Buffer.from(await download.arrayBuffer()), content)
    t.match(download.headers.get('content-disposition'), /^attachment; filename="/)
    if (type === 'image/png')
      t.match(
        download.headers.get('content-disposition'),
        "filename*=UTF-8''Mara%20%22am%22%20Hafen%20%C3%A9.png",
      )
    t.match(Object.fromEntries(download.headers), {
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'content-security-policy': /sandbox/,
    })
    if ('thumbnail' in measured) {
      const small = await fetch(body.thumbnail_url!)
      t.match(await sharp(Buffer.from(await small.arrayBuffer())).metadata(), {
        format: 'webp',
        ...measured.thumbnail,
      })
    } else t.notOk(body.thumbnail_url)
  }
  t.equal((await stored(userUrn(owner.user.userId))) - before, bytes)
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith('framecast-upload-'))
  t.strictSame(left, [], 'nothing of it stays on the disk')
})

t.test('an address takes what was announced, once it is signed, and for the asset alone', async (t) => {
  const { body: upload } = await announce(owner)
  const larger = Buffer.concat([picture, Buffer.from('!')])
  t.equal((await put(upload, larger)).status, 400, 'another size')
  t.equal((await put(upload, picture, { 'Content-Type': 'text/html' })).status, 400, 'another type')
  for (const [what, url] of [
    ['size', upload.upload_url.replace(/size=\d+/, `size=${larger.length}`)],
    ['type', upload.upload_url.replace('image%2Fpng', 'text%2Fhtml')],
    ['place', upload.upload_url.replace('/incoming/', '/')],
    ['time', upload.upload_url.replace(/expires=\d+/, 'expires=99999999999')],
  ])
    t.equal((await put({ ...upload, upload_url: url! }, larger)).status, 403, `another ${what}`)
  t.strictSame(await objectsOf(upload), [])
  t.equal((await put(upload, picture)).status, 200)
  t.equal((await fetch(upload.upload_url)).status, 403, 'it is not for reading')
})

t.test('where the store is reachable, its own addresses hold type and size as well', async (t) => {
  const direct = await startStudio(t, {
    database: { url: studio.env.DATABASE_OWNER_URL!, pool },
    env: { MEDIA_DELIVERY: 'redirect' },
  })
  const person = { user: owner.user, request: direct.as(await direct.logIn(owner.user)) }
  const { body: upload } = await announce(person, { filename: 'mara am hafen.png' })
  t.ok(upload.upload_url.startsWith(direct.config.S3_ENDPOINT))
  t.equal((await put(upload, Buffer.concat([picture, Buffer.from('!')]))).status, 403, 'another size')
  t.equal((await put(upload, picture, { 'Content-Type': 'text/html' })).status, 403, 'another type')
  t.equal(
    (await put({ ...upload, upload_url: upload.upload_url.replace('/incoming/', '/') }, picture)).status,
    403,
  )
  t.equal((await put(upload, picture)).status, 200)
  const { body } = await confirm(person, upload.asset.id)
  const download = await fetch(body.download_url!)
  t.equal(download.headers.get('content-disposition'), 'attachment; filename="mara am hafen.png"')
  t.equal(download.headers.get('content-type'), 'image/png')
  t.strictSame(Buffer.from(await download.arrayBuffer()), picture)
})

t.test('what was looked at cannot be changed by the address that it came through', async (t) => {
  const upload = await bring(owner, picture, 'image/png')
  t.equal((await confirm(owner, upload.asset.id)).status, 200)
  const evil = Buffer.alloc(picture.length, 'x')
  t.equal((await put(upload, evil)).status, 200, 'the address is still good')
  const { body } = await read<Asset>(owner.request(`/v1/assets/${upload.asset.id}`))
  t.strictSame(Buffer.from(await (await fetch(body.download_url!)).arrayBuffer()), picture)
  await runRemovals()
  t.strictSame(await objectsOf(upload), ['incoming/mara.png', 'made/thumbnail.webp', 'mara.png'])
  await runRemovals(true)
  t.strictSame(await objectsOf(upload), ['made/thumbnail.webp', 'mara.png'], 'what came late is swept away')
})

t.test('a file that is not what was announced fails, and goes', async (t) => {
  const cases: [what: string, bytes: Buffer, type: string, says: RegExp][] = [
    ['another type', picture, 'image/jpeg', /it is image\/png, not image\/jpeg/],
    ['text', Buffer.from('hello, this is text'), 'image/png', /of no type that can be used/],
    [
      'a playlist as a film',
      playlistTo('http://127.0.0.1:9/x.ts'),
      'video/mp4',
      /of no type that can be used/,
    ],
    ['a film that breaks off', film.subarray(0, film.length / 2), 'video/mp4', /breaks off/],
    [
      'a page after a picture’s beginning',
      Buffer.concat([picture.subarray(0, 40), Buffer.from('<script>')]),
      'image/png',
      /cannot be read/,
    ],
  ]
  for (const [what, bytes, type, says] of cases) {
    const before = await stored(userUrn(owner.user.userId))
    const upload = await bring(owner, bytes, type)
    const reply = await confirm(owner, upload.asset.id)
    t.equal(reply.status, 400, what)
    t.match(reply.body.error.message, says, what)
    t.match(await row(upload.asset.id), { status: 'failed', metadata: {} })
    t.equal((await confirm(owner, upload.asset.id)).status, 409, 'for good')
    await runRemovals()
    t.strictSame(await objectsOf(upload), [])
    t.equal(await stored(userUrn(owner.user.userId)), before, 'and counts for nothing')
  }
})

t.test('looking into files starts nothing in the thread that answers requests', async (t) => {
  // Starting a program holds up its thread for as long as a busy machine likes.
  let started = 0
  const count = (): void => {
    started += 1
  }
  subscribe('child_process', count)
  t.teardown(() => unsubscribe('child_process', count))
  for (const [bytes, type] of [
    [picture, 'image/png'],
    [sound, 'audio/mpeg'],
    [film, 'video/mp4'],
    [playlistTo('http://127.0.0.1:1/x'), 'audio/mpeg'],
  ] as const)
    await confirm(owner, (await bring(owner, bytes, type)).asset.id)
  t.equal(started, 0)
  await probe(tools, process.execPath).catch(() => {})
  t.equal(started, 1, 'what this thread starts is counted')
})

t.test('a picture that is a page as well is a picture here, and only ever saved', async (t) => {
  const polyglot = Buffer.concat([picture, Buffer.from('<html><script>alert(1)</script></html>')])
  const upload = await bring(owner, polyglot, 'image/png', { filename: 'page.html' })
  const reply = await confirm(owner, upload.asset.id)
  if (reply.status === 400) return t.equal((await row(upload.asset.id)).status, 'failed')
  const download = await fetch(reply.body.download_url!, { method: 'HEAD' })
  t.match(Object.fromEntries(download.headers), {
    'content-type': 'image/png',
    'content-disposition': /^attachment/,
    'x-content-type-options': 'nosniff',
  })
})

t.test('sizes, where the store lets them be off: five per cent', async (t) => {
  for (const [announced, status] of [
    [Math.ceil(picture.length / 1.05) + 1, 200],
    [Math.floor(picture.length / 1.05) - 5, 400],
  ] as const) {
    const { body } = await announce(owner, { size_bytes: announced })
    const key = body.asset.s3_key.replace(/([^/]+)$/, 'incoming/$1')
    await store.putBytes(key, picture, 'image/png', AbortSignal.timeout(10_000))
    t.equal((await confirm(owner, body.asset.id)).status, status, `${announced} of ${picture.length}`)
  }
})

t.test('who may bring files in, and for whom', async (t) => {
  for (const person of [owner, admin, member]) t.equal((await announce(person, { owner: team })).status, 201)
  t.match(await announce(viewer, { owner: team }), {
    status: 403,
    body: { error: { code: 'AUTHORIZATION_ERROR' } },
  })
  t.equal((await announce(stranger, { owner: team })).status, 403)
  t.equal((await announce(viewer)).status, 201, 'everybody has a place of the own')
  t.equal((await announce(member, { owner: 'framecast:nobody' })).status, 400)

  const upload = await bring(member, picture, 'image/png', { owner: team })
  t.equal((await confirm(other, upload.asset.id)).status, 404, 'somebody else’s upload')
  t.equal((await confirm(admin, upload.asset.id)).status, 404)
  t.match(await confirm(member, upload.asset.id), { status: 200, body: { owner: team } })
  t.equal((await read(viewer.request(`/v1/assets/${upload.asset.id}`))).status, 200, 'the team sees it')
  const { body: nothing } = await announce(owner)
  t.match(await confirm(owner, nothing.asset.id), { status: 409 }, 'nothing was put yet')
})

t.test('files of a project belong to its team', async (t) => {
  const project = await buildProject()
  t.match(await announce(member, { project_id: project }), {
    status: 201,
    body: { asset: { owner: team, project_id: project } },
  })
  t.match(await announce(member, { project_id: project.toUpperCase(), owner: team.toUpperCase() }), {
    status: 201,
  })
  const wrong: [what: string, person: Person, over: object, status: number][] = [
    ['another owner', member, { project_id: project, owner: userUrn(member.user.userId) }, 400],
    ['no project', member, { project_id: newId() }, 404],
    ['out of reach', stranger, { project_id: project }, 404],
    ['a viewer', viewer, { project_id: project }, 403],
    ['no id', member, { project_id: 'pilot' }, 400],
  ]
  for (const [what, person, over, status] of wrong)
    t.equal((await announce(person, over)).status, status, what)
  const listed = await read<Asset[]>(member.request(`/v1/assets?project_id=${project}`))
  t.equal(listed.body.length, 2)
})

t.test('who may delete a file, and what goes with it', async (t) => {
  const rights: [who: string, person: Person, status: number][] = [
    ['a stranger', stranger, 404],
    ['a viewer', viewer, 403],
    ['another member', other, 403],
    ['who uploaded it', member, 204],
  ]
  const upload = await bring(member, picture, 'image/png', { owner: team })
  await confirm(member, upload.asset.id)
  const before = await stored(team)
  for (const [who, person, status] of rights)
    t.equal((await remove(person, upload.asset.id)).status, status, who)
  t.equal(await row(upload.asset.id), undefined)
  t.equal(before - (await stored(team)), picture.length)
  t.equal((await remove(member, upload.asset.id)).status, 404, 'once')
  const trail = await pool.query(
    `select action, actor_id, team_id, details from audit_entries where subject_id = $1`,
    [upload.asset.id],
  )
  t.match(trail.rows, [
    {
      action: 'asset.deleted',
      actor_id: member.user.userId,
      team_id: teamId,
      details: { bytes: picture.length },
    },
  ])
  t.equal((await put(upload, picture)).status, 200, 'the address is good for a while')
  await runRemovals()
  t.strictSame(await objectsOf(upload), [])
  await put(upload, picture)
  await runRemovals(true)
  t.strictSame(await objectsOf(upload), [], 'what came after the end goes as well')

  for (const person of [admin, owner]) {
    const another = await bring(member, picture, 'image/png', { owner: team })
    t.equal((await remove(person, another.asset.id)).status, 204, 'administrators delete anybody’s')
  }
  const mine = await bring(viewer, picture, 'image/png')
  await pool.query(`update memberships set role = 'viewer' where user_id = $1`, [other.user.userId])
  t.equal((await remove(viewer, mine.asset.id)).status, 204, 'and everybody the own')
})

t.test('quota: an announcement has to have room', async (t) => {
  const starter = await logIn(await buildUser(pool, { tier: 'starter' }))
  t.equal((await announce(starter, { size_bytes: 50_000 })).status, 201)
  t.match(await announce(starter, { size_bytes: 50_001 }), {
    status: 403,
    body: { error: { code: 'STORAGE_QUOTA_EXCEEDED' } },
  })
  await pool.query('update teams set ephemeral_storage_bytes = 299000 where id = $1', [teamId])
  t.equal((await announce(member, { owner: team, size_bytes: 1_000 })).status, 201)
  for (const urn of [team, `framecast:${teamId}:${member.user.userId}`])
    t.equal((await announce(member, { owner: urn, size_bytes: 1_001 })).status, 403, urn)
  t.equal((await announce(owner, { size_bytes: 1_001 })).status, 201, 'a person’s own room is another')
})

t.test('many confirmations at once: each file is looked at, and one counts once', async (t) => {
  const before = await stored(userUrn(stranger.user.userId))
  const uploads = await Promise.all(Array.from({ length: 4 }, () => bring(stranger, film, 'video/mp4')))
  const twice = uploads.flatMap(({ asset }) => [asset.id, asset.id])
  const replies = await Promise.all(twice.map((id) => confirm(stranger, id)))
  t.equal(replies.filter(({ status }) => status === 200).length, 4)
  t.equal(replies.filter(({ status }) => status === 409).length, 4)
  t.equal((await stored(userUrn(stranger.user.userId))) - before, 4 * film.length)
})

t.test('uploads that nobody confirms fail after a day, and are forgotten a week later', async (t) => {
  const upload = await bring(stranger, picture, 'image/png')
  const fresh = await bring(stranger, picture, 'image/png')
  await expireUploads(pool)
  t.equal((await row(upload.asset.id)).status, 'pending')
  await pool.query(`update asset_files set created_at = now() - interval '25 hours' where id = $1`, [
    upload.asset.id,
  ])
  t.match(await expireUploads(pool), { failed: 1, forgotten: 0 })
  t.equal((await row(upload.asset.id)).status, 'failed')
  t.equal((await row(fresh.asset.id)).status, 'pending')
  t.equal((await confirm(stranger, upload.asset.id)).status, 409)
  await runRemovals()
  t.strictSame(await objectsOf(upload), [])
  t.strictSame(await objectsOf(fresh), ['incoming/mara.png'])
  await pool.query('alter table asset_files disable trigger asset_files_updated')
  await pool.query(
    `update asset_files set created_at = now() - interval '9 days', updated_at = now() - interval '8 days' where id = $1`,
    [upload.asset.id],
  )
  await pool.query('alter table asset_files enable trigger asset_files_updated')
  t.match(await expireUploads(pool), { forgotten: 1 })
  t.equal(await row(upload.asset.id), undefined)
})
