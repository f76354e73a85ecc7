/** Judging a finished film before anybody sees it. */
import { rm, stat } from 'node:fs/promises'
import { type FfmpegTools, listPackets, runFfmpeg, wallLimitMs } from '../../core/platform/ffmpeg.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { decodeFaults, inspectStream } from './check.ts'

export const AUDIO_RATE = 48_000
/** Samples in one AAC frame: the end of the sound can be off by less than this, which is less than half a picture. */
const AAC_FRAME = 1_024

type VerifyOptions = {
  tools: FfmpegTools
  file: string
  plan: ShotPlan
  headerHash: string
  signal?: AbortSignal
}

/** Everything that is wrong with the film; empty when it may be believed. */
export async function filmFaults(options: VerifyOptions): Promise<string[]> {
  const { tools, file, plan, headerHash, signal } = options
  const [report, sound, stray, decoded] = await Promise.all([
    inspectStream(tools, file, plan.format, headerHash, signal),
    soundFaults(options),
    straySets(options),
    decodeFaults(tools, file, plan.frames, plan.format, signal),
  ])
  const count = report.frames === plan.frames ? [] : [`${report.frames} of ${plan.frames} frames`]
  return [...count, ...report.faults, ...sound, ...stray, ...decoded]
}

/** The silent (or mixed) track: one AAC stereo stream that starts and ends with the pictures. */
async function soundFaults({ tools, file, plan, signal }: VerifyOptions): Promise<string[]> {
  const packets = await listPackets(tools, file, { stream: 'a:0', ...(signal ? { signal } : {}) })
  if (packets.length === 0) return ['no sound track']
  const filmSamples = (plan.frames * AUDIO_RATE) / plan.format.fps
  // The first packet is the encoder's run-in, before 0 by the edit list.
  const startsAt = (packets[0]!.pts ?? 0) + AAC_FRAME
  const endsAt = (packets.at(-1)!.pts ?? 0) + AAC_FRAME
  const faults: string[] = []
  if (startsAt !== 0) faults.push(`sound starts at sample ${startsAt}`)
  if (Math.abs(endsAt - filmSamples) >= AAC_FRAME)
    faults.push(`sound ends at sample ${endsAt} of ${filmSamples}`)
  return faults
}

/**
 * Parameter sets that stand among the pictures: with one in the header and none elsewhere, the film has one SPS and one
 * PPS. What this run prints is not judged: it warns of the header's last four bytes, and of finding nothing.
 */
async function straySets({ tools, file, plan, signal }: VerifyOptions): Promise<string[]> {
  const found = `${file}.sets`
  try {
    await runFfmpeg(
      tools,
      {
        inputs: [{ path: file }],
        outputs: [
          {
            path: found,
            options: ['-map', '0:v:0', '-c', 'copy', '-bsf:v', 'filter_units=pass_types=7-8', '-f', 'data'],
          },
        ],
      },
      { wallMs: wallLimitMs(plan.durationS), ...(signal ? { signal } : {}) },
    )
    return (await stat(found)).size > 0 ? ['parameter sets stand among the pictures'] : []
  } finally {
    await rm(found, { force: true })
  }
}
