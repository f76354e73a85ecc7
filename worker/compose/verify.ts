/**
 * Judging what was composed before anybody sees it. Segments and joins were decoded whole when they were made; a film
 * that carries exactly their packets, in the right order and on the frame grid, needs no second decoding.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type FfmpegTools, probe } from '../../core/platform/ffmpeg.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { checkGrid, extradataHashOf, streamFaults, ticksPerFrame } from './check.ts'
import type { ListEntry } from './concat-list.ts'
import { openSamples, readTracks, type Sample, type Track } from './mp4.ts'

export const AUDIO_RATE = 48_000
/** Samples in one AAC frame: the end of the sound can be off by less than this, which is less than half a picture. */
const AAC_FRAME = 1_024

type VerifyOptions = {
  tools: FfmpegTools
  file: string
  plan: ShotPlan
  headerHash: string
  /** What the film was put together from, in its order. */
  entries: readonly ListEntry[]
  /** The file whose sound was laid under it; absent for silence. */
  sound?: string
  captionTracks: number
  signal?: AbortSignal
}

/** Everything that is wrong with the film; empty when it may be believed. */
export async function filmFaults(options: VerifyOptions): Promise<string[]> {
  const { tools, file, plan, headerHash, sound, captionTracks, signal } = options
  const [info, tracks] = await Promise.all([probe(tools, file, signal ? { signal } : {}), readTracks(file)])
  const faults = streamFaults(info, plan.format, headerHash)
  const [video, audio] = (['video', 'audio'] as const).map((kind) =>
    tracks.filter((one) => one.kind === kind),
  )
  if (video!.length !== 1) return [...faults, `${video!.length} video tracks`]
  if (audio!.length !== 1) return [...faults, `${audio!.length} sound tracks`]
  if (tracks.length !== 2 + captionTracks) faults.push(`${tracks.length} tracks`)
  const { samples } = video![0]!
  if (samples.length !== plan.frames) faults.push(`${samples.length} of ${plan.frames} frames`)
  faults.push(...checkGrid(samples, plan.format).faults, ...soundFaults(audio![0]!, plan))
  if (faults.length > 0) return faults
  const heard = sound ? (await readTracks(sound)).find(({ kind }) => kind === 'audio') : undefined
  return [
    ...(await pictureFaults(options, video![0]!)),
    ...(sound ? await sameSamples(file, audio![0]!.samples, sound, heard?.samples ?? [], 'sound') : []),
  ]
}

/** SHA-256 of a file, hex. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), hash)
  return hash.digest('hex')
}

/** One AAC stereo stream that starts and ends with the pictures. */
function soundFaults({ samples, timescale, codec }: Track, plan: ShotPlan): string[] {
  if (codec !== 'mp4a' || timescale !== AUDIO_RATE) return [`sound is ${codec} at ${timescale}`]
  if (samples.length === 0) return ['no sound']
  const filmSamples = (plan.frames * AUDIO_RATE) / plan.format.fps
  // The first packet is the encoder's run-in, before 0 by the edit list.
  const startsAt = samples[0]!.pts + AAC_FRAME
  const endsAt = samples.at(-1)!.pts + AAC_FRAME
  const faults: string[] = []
  if (startsAt !== 0) faults.push(`sound starts at sample ${startsAt}`)
  if (Math.abs(endsAt - filmSamples) >= AAC_FRAME)
    faults.push(`sound ends at sample ${endsAt} of ${filmSamples}`)
  return faults
}

/** Compares every packet of the film with the one it was copied from: place, size, time, key, bytes, parameter sets. */
async function pictureFaults(
  { file, plan, entries, headerHash, signal }: VerifyOptions,
  film: Track,
): Promise<string[]> {
  const tick = ticksPerFrame(plan.format)
  if (extradataHashOf(film) !== headerHash) return ['SPS or PPS differ from those of the film']
  await using filmReader = await openSamples(file)
  const known = new Map<string, Track>()
  let at = 0
  for (const { path, from, to } of entries) {
    signal?.throwIfAborted()
    const source = known.get(path) ?? (await readTracks(path)).find(({ kind }) => kind === 'video')
    if (!source) return [`the piece at frame ${at} has no pictures`]
    known.set(path, source)
    if (extradataHashOf(source) !== headerHash) return [`the piece at frame ${at} has another SPS or PPS`]
    await using reader = await openSamples(path)
    for (let frame = from; frame < to; frame += 1, at += 1) {
      const [wanted, found] = [source.samples[frame], film.samples[at]]
      if (!wanted || !found) return [`frame ${at} is missing`]
      const moved = (at - frame) * tick
      if (
        found.key !== wanted.key ||
        found.pts !== wanted.pts + moved ||
        found.sizeBytes !== wanted.sizeBytes
      )
        return [`packet ${at} is not the one that was copied`]
      const bytes = await filmReader.read(found)
      if (!bytes.equals(await reader.read(wanted))) return [`packet ${at} has other bytes than its source`]
      const fault = unitFault(bytes)
      if (fault) return [`packet ${at}: ${fault}`]
    }
  }
  return at === film.samples.length ? [] : [`${film.samples.length - at} packets more than planned`]
}

/**
 * Walks the units of a packet. Parameter sets among the pictures would mean that the film has more than the one SPS and PPS in
 * its header.
 */
export function unitFault(packet: Buffer): string | null {
  let at = 0
  while (at + 5 <= packet.length) {
    const length = packet.readUInt32BE(at)
    const type = packet[at + 4]! & 0x1f
    if (type === 7 || type === 8) return 'parameter sets stand among the pictures'
    at += 4 + length
  }
  return at === packet.length ? null : 'its units do not fill it'
}

async function sameSamples(
  file: string,
  found: readonly Sample[],
  source: string,
  wanted: readonly Sample[],
  what: string,
): Promise<string[]> {
  if (found.length !== wanted.length) return [`${what}: ${found.length} of ${wanted.length} packets`]
  await using here = await openSamples(file)
  await using there = await openSamples(source)
  for (const [index, sample] of found.entries()) {
    if (sample.pts !== wanted[index]!.pts) return [`${what}: packet ${index} is heard at another time`]
    if (!(await here.read(sample)).equals(await there.read(wanted[index]!)))
      return [`${what}: packet ${index} has other bytes than its source`]
  }
  return []
}
