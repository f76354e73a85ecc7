/**
 * Puts the system sounds where everybody can use them: makes each one, encodes it, stores it, and keeps its row. Safe to
 * run at any time and by several processes at once; what is there already is not made again.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import type { FfmpegTools } from '../platform/ffmpeg.ts'
import type { ObjectStore } from '../platform/objects.ts'
import { synthesise } from '../sound/synthesise.ts'
import { SYSTEM_ASSETS, type SystemAsset } from '../storyboard/system-assets.ts'
import { type Peak, peaksOf } from './peaks.ts'
import { encodeSound, interleave, SOUND_CONTENT_TYPE, SOUND_ENCODING } from './sound-file.ts'

/** `stored`: made and put into the store. `updated`: only its row differed. */
export type SeedOutcome = 'stored' | 'updated' | 'unchanged'
export type SeedProgress = { id: string; outcome: SeedOutcome; done: number; total: number }
export type SeedResult = Readonly<Record<SeedOutcome, string[]>>

export type SeedOptions = {
  pool: Pool
  /** The system bucket, which must be there. */
  store: ObjectStore
  tools: FfmpegTools
  signal: AbortSignal
  /** Default: the whole catalogue. */
  assets?: readonly SystemAsset[]
  /** Only finds out what there is to do. */
  dryRun?: boolean
  onProgress?: (progress: SeedProgress) => void
}

/** Where the file of a system sound is in its bucket. */
const keyOf = ({ category, id }: SystemAsset): string => `assets/${category}/${id}.ogg`

/**
 * Beside the sounds lies a note of what each was made by. While the code is the same nothing has to be made to know that
 * nothing changed; when it is not, the hash of the samples tells which sounds did.
 */
const NOTE_KEY = 'made-by.json'
/** As of an upload. */
const PEAKS = 200
const LOOKS = 5
const LOOK_AGAIN_MS = 50
type Made = {
  code: string
  samples: string
  sizeBytes: number
  /** Absent in notes of releases that kept none. */
  peaks?: Peak[]
}
type Note = Record<string, Made>

const sha256 = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

const SOUND_DIR = new URL('../sound', import.meta.url).pathname

/** Changes with every change of the code that makes the sounds. */
async function codeFingerprint(): Promise<string> {
  const names = (await readdir(SOUND_DIR, { recursive: true })).filter((name) => name.endsWith('.ts')).sort()
  const sources = await Promise.all(names.map((name) => readFile(join(SOUND_DIR, name))))
  return sha256(names.join(), ...sources, SOUND_ENCODING.join(' '))
}

/** Not every store replaces an object in one step: who looks in the very moment sees half a note, and looks again. */
async function readNote(store: ObjectStore, signal: AbortSignal): Promise<Note> {
  for (let look = 1; look <= LOOKS; look += 1) {
    if (!(await store.stat(NOTE_KEY))) return {}
    const chunks: Buffer[] = []
    try {
      for await (const chunk of await store.read(NOTE_KEY, signal)) chunks.push(chunk as Buffer)
      return JSON.parse(Buffer.concat(chunks).toString()) as Note
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      await sleep(LOOK_AGAIN_MS, undefined, { signal })
    }
  }
  // A note that stays half is as good as none: the sounds are compared again.
  return {}
}

type Row = {
  id: string
  category: string
  name: string
  description: string
  duration_seconds: string | null
  s3_key: string
  content_type: string
  size_bytes: string
  tags: string[]
  peaks: Peak[] | null
}

const rowOf = (asset: SystemAsset, sizeBytes: number, peaks: Peak[]): Row => ({
  id: asset.id,
  category: asset.category,
  name: asset.name,
  description: asset.description,
  duration_seconds: asset.seconds.toFixed(3),
  s3_key: keyOf(asset),
  content_type: SOUND_CONTENT_TYPE,
  size_bytes: String(sizeBytes),
  tags: [...asset.tags],
  peaks,
})

const COLUMNS = [
  'id',
  'category',
  'name',
  'description',
  'duration_seconds',
  's3_key',
  'content_type',
  'size_bytes',
  'tags',
  'peaks',
] as const satisfies readonly (keyof Row)[]

const isSame = (a: Row | undefined, b: Row): boolean =>
  COLUMNS.every((column) => a && String(a[column]) === String(b[column]))

async function saveRow(client: PoolClient, row: Row): Promise<void> {
  const updates = COLUMNS.filter((column) => column !== 'id').map(
    (column) => `${column} = excluded.${column}`,
  )
  await client.query(
    `insert into system_assets (${COLUMNS.join(', ')}) values (${COLUMNS.map((_, i) => `$${i + 1}`).join(', ')})
     on conflict (id) do update set ${updates.join(', ')}`,
    // A list of lists would become an array of Postgres.
    COLUMNS.map((column) => (column === 'peaks' ? JSON.stringify(row.peaks) : row[column])),
  )
}

/** Advisory lock that lets one process seed at a time; others wait for it and then find everything done. */
const SEED_LOCK = 0x73656564 // "seed"

/**
 * Rows of sounds that are no longer in the catalogue stay, and so do their files: storyboards may name them.
 * @throws {FfmpegError} when ffmpeg cannot encode; {ObjectStoreError} when the store is away
 */
export async function seedSystemAssets(options: SeedOptions): Promise<SeedResult> {
  const { pool, store, tools, signal, assets = SYSTEM_ASSETS, dryRun = false } = options
  const result = { stored: [], updated: [], unchanged: [] } as Record<SeedOutcome, string[]>
  const client = await pool.connect()
  try {
    if (!dryRun) await client.query('select pg_advisory_lock($1)', [SEED_LOCK])
    const code = await codeFingerprint()
    const note = await readNote(store, signal)
    const { rows } = await client.query<Row>(`select ${COLUMNS.join(', ')} from system_assets`)
    const known = new Map(rows.map((row) => [row.id, row]))

    for (const asset of assets) {
      signal.throwIfAborted()
      const outcome = await seedOne(asset)
      result[outcome].push(asset.id)
      options.onProgress?.({
        id: asset.id,
        outcome,
        done: Object.values(result).flat().length,
        total: assets.length,
      })
    }

    async function seedOne(asset: SystemAsset): Promise<SeedOutcome> {
      const made = note[asset.id]
      const key = keyOf(asset)
      const isStored = made !== undefined && (await store.stat(key))?.sizeBytes === made.sizeBytes
      const madeBy = sha256(code, `${asset.id} ${asset.seconds}`)
      const isMade = isStored && made.code === madeBy
      if (isMade && made.peaks) return saved(asset, made.sizeBytes, made.peaks)
      if (dryRun) return isMade ? 'updated' : 'stored'
      const pcm = interleave(synthesise(asset))
      const samples = sha256(pcm)
      const isHeard = isStored && made.samples === samples
      let sizeBytes = made?.sizeBytes ?? 0
      if (!isHeard) {
        const file = await encodeSound(tools, pcm, signal)
        await store.putBytes(key, file, SOUND_CONTENT_TYPE, signal, 30_000)
        sizeBytes = file.length
      }
      const peaks = peaksOf(pcm, PEAKS)
      note[asset.id] = { code: madeBy, samples, sizeBytes, peaks }
      await store.putBytes(NOTE_KEY, Buffer.from(JSON.stringify(note)), 'application/json', signal, 30_000)
      const outcome = await saved(asset, sizeBytes, peaks)
      return isHeard ? outcome : 'stored'
    }

    async function saved(asset: SystemAsset, sizeBytes: number, peaks: Peak[]): Promise<SeedOutcome> {
      const row = rowOf(asset, sizeBytes, peaks)
      if (isSame(known.get(asset.id), row)) return 'unchanged'
      if (!dryRun) await saveRow(client, row)
      return 'updated'
    }

    return result
  } finally {
    // Ending the connection gives the lock back, whatever state it is in.
    client.release(true)
  }
}
