/**
 * The mixer: sounds from files, put together piece by piece. Memory grows with the sounds that are heard at one moment,
 * not with the film nor with the number of its sounds.
 */
import { mixInto, type Stereo } from '../../core/sound/signal.ts'
import type { Fade, PlacedSound } from '../../core/storyboard/sound-plan.ts'
import { duckFactors, speechSpans } from './ducking.ts'
import { openSound, PIECE, type SoundReader, silence } from './pcm.ts'

/** A source as decoded; `samples` of the whole, of which the file holds as many as are heard. */
export type SourceFile = { path: string; samples: number }

/** A placed sound with the file it comes from, and the factor that brings it to the level of its lane. */
export type MixInput = PlacedSound & { file: SourceFile; level: number }

type Playing = { input: MixInput; sound: SoundReader }

/** The mix of a film of `samples` samples, in pieces of half a second. */
export async function* mix(inputs: readonly MixInput[], samples: number): AsyncGenerator<Stereo> {
  const waiting = inputs.toSorted((a, b) => a.start - b.start)
  const speech = speechSpans(inputs)
  let next = 0
  let playing: Playing[] = []
  try {
    for (let at = 0; at < samples; at += PIECE) {
      const count = Math.min(PIECE, samples - at)
      for (let input = waiting[next]; input && input.start < at + count; input = waiting[++next])
        playing.push({ input, sound: await openSound(input.file.path) })
      yield await mixPiece(playing, speech, at, count)
      const over = playing.filter(({ input }) => input.start + input.length <= at + count)
      playing = playing.filter((one) => !over.includes(one))
      for (const { sound } of over) await sound.close()
    }
  } finally {
    for (const { sound } of playing) await sound.close()
  }
}

async function mixPiece(
  playing: readonly Playing[],
  speech: ReturnType<typeof speechSpans>,
  at: number,
  count: number,
): Promise<Stereo> {
  const beds = silence(count)
  const others = silence(count)
  for (const { input, sound } of playing) {
    const bus = input.lane === 'music' || input.lane === 'ambient' ? beds : others
    const from = Math.max(at, input.start)
    const until = Math.min(at + count, input.start + input.length)
    const part = await stretch(sound, input, from - input.start, until - from)
    shape(part, input, from - input.start)
    addAt(bus, part, from - at)
  }
  const factors = duckFactors(speech, at, count)
  for (const side of ['left', 'right'] as const) {
    if (factors) for (let i = 0; i < count; i++) beds[side][i]! *= factors[i]!
    mixInto(others[side], beds[side])
  }
  return others
}

function addAt(bus: Stereo, part: Stereo, offset: number): void {
  mixInto(bus.left.subarray(offset), part.left)
  mixInto(bus.right.subarray(offset), part.right)
}

/** `count` samples of a sound from its `offset`th on, as it is or as it repeats. */
async function stretch(sound: SoundReader, input: MixInput, offset: number, count: number): Promise<Stereo> {
  const { skip, loopOverlap, file } = input
  if (loopOverlap === 0) return sound.read(skip + offset, count)
  const out = silence(count)
  const period = file.samples - loopOverlap
  for (let done = 0; done < count; ) {
    const position = skip + offset + done
    const into = position % period
    const length = Math.min(count - done, period - into)
    const part = await sound.read(into, length)
    // The first time there is nothing before; later the end of the last repeat is heard below the beginning.
    if (position >= period && into < loopOverlap) {
      const shared = Math.min(length, loopOverlap - into)
      const tail = await sound.read(period + into, shared)
      for (let i = 0; i < shared; i++) {
        const angle = (((into + i) / loopOverlap) * Math.PI) / 2
        part.left[i] = part.left[i]! * Math.sin(angle) + tail.left[i]! * Math.cos(angle)
        part.right[i] = part.right[i]! * Math.sin(angle) + tail.right[i]! * Math.cos(angle)
      }
    }
    addAt(out, part, done)
    done += length
  }
  return out
}

const factorOf = ({ curve }: Fade, share: number): number =>
  curve === 'power' ? Math.sin((share * Math.PI) / 2) : share

/** Levels and fades of the part of a sound that begins with its `offset`th sample. */
function shape({ left, right }: Stereo, input: MixInput, offset: number): void {
  const { fadeIn, fadeOut, length } = input
  const gain = input.gain * input.level
  const fadesOutAt = length - fadeOut.samples
  for (let i = 0; i < left.length; i++) {
    const at = offset + i
    let factor = gain
    if (at < fadeIn.samples) factor *= factorOf(fadeIn, at / fadeIn.samples)
    if (at >= fadesOutAt) factor *= factorOf(fadeOut, (length - at) / fadeOut.samples)
    left[i]! *= factor
    right[i]! *= factor
  }
}
