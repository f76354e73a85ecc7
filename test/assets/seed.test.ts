/** Seeding the system sounds: what is made, what is left alone, and what is kept. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { t } from 'tap'
import { type SeedOptions, seedSystemAssets } from '../../core/assets/seed.ts'
import { findTools, probe, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { createObjectStore, type ObjectStore } from '../../core/platform/objects.ts'
import { toDb, truePeak } from '../../core/sound/loudness.ts'
import type { Stereo } from '../../core/sound/signal.ts'
import { SYSTEM_ASSETS } from '../../core/storyboard/system-assets.ts'
import { startDatabase } from '../support/postgres.ts'
import { startStore } from '../support/store.ts'

const IDS = ['asset_sfx_click', 'asset_sfx_pop', 'asset_sfx_notification', 'asset_transition_glitch']
const ASSETS = SYSTEM_ASSETS.filter(({ id }) => IDS.includes(id))
const CLICK = 'assets/sfx/asset_sfx_click.ogg'

const { pool } = await startDatabase(t)
const tools = await findTools(process.env)
const signal = AbortSignal.timeout(120_000)

async function bytesOf(store: ObjectStore, key: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of await store.read(key, signal)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** What a player would play. */
async function decode(path: string): Promise<Stereo> {
  const chunks: Buffer[] = []
  const stdout = new PassThrough()
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  await runFfmpeg(
    tools,
    { inputs: [{ path }], outputs: [{ path: 'pipe:1', options: ['-f', 'f32le', '-ac', '2'] }] },
    { signal, stdout, wallMs: 60_000 },
  )
  const bytes = Buffer.concat(chunks)
  const side = (offset: number) =>
    Float32Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readFloatLE(8 * i + offset))
  return { left: side(0), right: side(4) }
}

/** An installation without a sound: an empty bucket, an empty table. */
async function fresh() {
  await pool.query('delete from system_assets')
  const { store, options } = await startStore(t)
  const seed = (more: Partial<SeedOptions> = {}) =>
    seedSystemAssets({ pool, store, tools, signal, assets: ASSETS, ...more })
  return { store, options, seed }
}

t.test('the first run makes every sound and lists it; the second finds nothing to do', async (t) => {
  const { store, seed } = await fresh()
  const seen: string[] = []
  const first = await seed({ onProgress: ({ id, done, total }) => seen.push(`${done}/${total} ${id}`) })
  t.strictSame(first, { stored: IDS, updated: [], unchanged: [] })
  t.strictSame(
    seen,
    IDS.map((id, i) => `${i + 1}/4 ${id}`),
  )

  const folder = await mkdtemp(join(tmpdir(), 'framecast-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const asset of ASSETS) {
    const { rows } = await pool.query('select * from system_assets where id = $1', [asset.id])
    const key = `assets/${asset.category}/${asset.id}.ogg`
    const file = await bytesOf(store, key)
    t.match(rows[0], {
      category: asset.category,
      name: asset.name,
      description: asset.description,
      duration_seconds: asset.seconds.toFixed(3),
      s3_key: key,
      content_type: 'audio/ogg',
      size_bytes: String(file.length),
      tags: [...asset.tags],
    })
    t.equal(rows[0].peaks.length, Math.min(200, Math.ceil((asset.seconds * 48_000) / 160)), 'the shape of it')
    t.ok(
      rows[0].peaks.some(([low, high]: [number, number]) => low < -0.05 && high > 0.05),
      'which is not flat',
    )
    t.equal((await store.stat(key))?.contentType, 'audio/ogg')
    const path = join(folder, `${asset.id}.ogg`)
    await writeFile(path, file)
    const { durationS, audio } = await probe(tools, path, {})
    t.match(audio, { codec: 'opus', sampleRate: 48_000, channels: 2 })
    t.ok(Math.abs((durationS ?? 0) - asset.seconds) < 0.01, `${asset.id} lasts ${durationS} s`)
    const played = await decode(path)
    t.equal(played.left.length, Math.round(asset.seconds * 48_000), `${asset.id} is whole to the sample`)
    t.ok(toDb(truePeak(played)) < -1, `${asset.id} stays below -1 dBTP when it is played`)
  }

  const before = await pool.query('select * from system_assets order by id')
  t.strictSame(await seed(), { stored: [], updated: [], unchanged: IDS })
  t.strictSame((await pool.query('select * from system_assets order by id')).rows, before.rows)
})

t.test('what is lost or was changed is put right, and nothing else is touched', async (t) => {
  const { store, seed } = await fresh()
  await seed()
  const original = await bytesOf(store, CLICK)

  await store.remove([CLICK])
  t.strictSame(await seed(), { stored: [IDS[0]], updated: [], unchanged: IDS.slice(1) }, 'a lost object')
  t.ok(original.equals(await bytesOf(store, CLICK)), 'the same bytes again')

  await pool.query(`update system_assets set name = 'Clack', tags = '{}' where id = $1`, [IDS[0]])
  await pool.query('delete from system_assets where id = $1', [IDS[1]])
  t.strictSame(await seed(), { stored: [], updated: IDS.slice(0, 2), unchanged: IDS.slice(2) }, 'rows')

  const note = JSON.parse((await bytesOf(store, 'made-by.json')).toString())
  for (const entry of Object.values<{ code: string }>(note)) entry.code = 'of an older release'
  await store.putBytes('made-by.json', Buffer.from(JSON.stringify(note)), 'application/json', signal)
  t.strictSame(
    await seed(),
    { stored: [], updated: [], unchanged: IDS },
    'other code that makes the same samples: no upload',
  )

  await store.putBytes('made-by.json', Buffer.from('{"half'), 'application/json', signal)
  t.strictSame((await seed()).stored, IDS, 'without a note that can be read, everything is made again')
  t.ok(original.equals(await bytesOf(store, CLICK)))
})

t.test('a sound that is no longer in the catalogue stays', async (t) => {
  const { seed } = await fresh()
  await seed()
  t.strictSame((await seed({ assets: ASSETS.slice(1) })).unchanged, IDS.slice(1))
  const { rows } = await pool.query('select id from system_assets order by id')
  t.strictSame(
    rows.map(({ id }) => id),
    IDS.toSorted(),
  )
})

t.test('a dry run tells what there is to do and does none of it', async (t) => {
  await pool.query('delete from system_assets')
  const { options } = await startStore(t)
  const missing = createObjectStore({ ...options, bucket: `${options.bucket}-none` })
  const result = await seedSystemAssets({ pool, store: missing, tools, signal, assets: ASSETS, dryRun: true })
  t.strictSame(result, { stored: IDS, updated: [], unchanged: [] })
  t.equal((await pool.query('select 1 from system_assets')).rowCount, 0)
  t.equal(await missing.stat(CLICK), null)
})

t.test('two runs at once make each sound once', async (t) => {
  const { seed } = await fresh()
  const results = await Promise.all([seed(), seed()])
  t.strictSame(
    results.map(({ stored }) => stored.length).sort(),
    [0, 4],
    'the one that waited finds everything done',
  )
})

t.test('a run that is stopped leaves what it made, and the next one goes on', async (t) => {
  const { seed } = await fresh()
  const stop = new AbortController()
  const cut = seed({ signal: stop.signal, onProgress: ({ done }) => done === 2 && stop.abort() })
  await t.rejects(cut, { name: 'AbortError' })
  t.equal((await pool.query('select 1 from system_assets')).rowCount, 2)
  t.strictSame(await seed(), { stored: IDS.slice(2), updated: [], unchanged: IDS.slice(0, 2) })
})
