/** Where the sounds of a film come from: assets of the owner, those that come with Framecast, and spoken lines. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { interleave } from '../../core/assets/sound-file.ts'
import type { Queryable } from '../../core/platform/database.ts'
import type { FfmpegTools } from '../../core/platform/ffmpeg.ts'
import type { ObjectStore } from '../../core/platform/objects.ts'
import { synthesise } from '../../core/sound/synthesise.ts'
import type { SoundCue } from '../../core/storyboard/sound-plan.ts'
import { SYSTEM_ASSETS, type SystemAsset } from '../../core/storyboard/system-assets.ts'
import { decodeSound } from './decode.ts'
import { createLevelMeter, type SoundLevel } from './level.ts'

/** A line as its step left it. */
export type SpokenLine = { objectKey: string; sha256: string }

/** `identity` is the same only for the same bytes. */
export type SoundSource = { identity: string } & (
  | { kind: 'object'; store: ObjectStore; objectKey: string; sha256: string | null }
  /** Its object is not in the store: it is made anew. */
  | { kind: 'made'; asset: SystemAsset }
)

export const isSystemSound = (source: string): boolean => source.startsWith('asset_')

type Origin = { db: Queryable; store: ObjectStore; systemStore: ObjectStore }

/**
 * Sources of the cues, by their name in the plan. Lines that were not spoken are left out.
 * @returns `missing`: cues whose asset is gone
 */
export async function findSources(
  { db, store, systemStore }: Origin,
  cues: readonly SoundCue[],
  lines: ReadonlyMap<string, SpokenLine>,
): Promise<{ sources: Map<string, SoundSource>; missing: SoundCue[] }> {
  const sources = new Map<string, SoundSource>()
  const isSystem = ({ source }: SoundCue): boolean => isSystemSound(source)
  const assets = cues.filter(({ lane }) => lane !== 'dialogue')
  for (const { lane, source } of cues) {
    const line = lane === 'dialogue' ? lines.get(source) : undefined
    if (line) sources.set(source, { identity: line.sha256, kind: 'object', store, ...line })
  }
  const uploads = [...new Set(assets.filter((cue) => !isSystem(cue)).map(({ source }) => source))]
  if (uploads.length > 0) {
    const { rows } = await db.query<{ id: string; s3_key: string; sha256: string }>(
      `select id, s3_key, metadata ->> 'sha256' as sha256 from asset_files where id = any($1::uuid[]) and status = 'ready'`,
      [uploads],
    )
    const known = new Map(rows.map((row) => [row.id, row]))
    for (const name of uploads) {
      const row = known.get(name.toLowerCase())
      if (row)
        sources.set(name, {
          identity: row.sha256,
          kind: 'object',
          store,
          objectKey: row.s3_key,
          sha256: row.sha256,
        })
    }
  }
  const system = [...new Set(assets.filter(isSystem).map(({ source }) => source))]
  if (system.length > 0) {
    const { rows } = await db.query<{ id: string; s3_key: string }>(
      `select id, s3_key from system_assets where id = any($1)`,
      [system],
    )
    const keys = new Map(rows.map((row) => [row.id, row.s3_key]))
    for (const name of system) {
      const source = await systemSource(systemStore, name, keys.get(name))
      if (source) sources.set(name, source)
    }
  }
  return { sources, missing: assets.filter(({ source }) => !sources.has(source)) }
}

async function systemSource(
  systemStore: ObjectStore,
  id: string,
  objectKey: string | undefined,
): Promise<SoundSource | null> {
  const stat = objectKey ? await systemStore.stat(objectKey) : null
  if (objectKey && stat)
    return { identity: `${id}@${stat.etag}`, kind: 'object', store: systemStore, objectKey, sha256: null }
  const asset = SYSTEM_ASSETS.find((one) => one.id === id)
  return asset ? { identity: `${id}@made`, kind: 'made', asset } : null
}

export type ReadOptions = {
  tools: FfmpegTools
  workDir: string
  /** Name of its files in `workDir`. */
  name: string
  /** Samples wanted from the beginning on; all of them by default. */
  samples?: number
  signal: AbortSignal
}

/**
 * Brings a source to our disk as samples, and measures what it reads.
 * @throws {UnusableSound} {ObjectStoreError} {FfmpegError}
 */
export async function readSource(
  source: SoundSource,
  { tools, workDir, name, samples, signal }: ReadOptions,
): Promise<{ path: string; level: SoundLevel }> {
  const path = join(workDir, `${name}.pcm`)
  if (source.kind === 'made') {
    const sound = synthesise(source.asset)
    await writeFile(path, interleave(sound))
    const meter = createLevelMeter()
    meter.take(sound)
    return { path, level: meter.level() }
  }
  const file = join(workDir, `${name}.source`)
  await source.store.getFile(source.objectKey, file, signal, source.sha256 ?? undefined)
  const part = samples === undefined ? {} : { samples }
  return { path, level: await decodeSound({ tools, source: file, out: path, signal, ...part }) }
}
