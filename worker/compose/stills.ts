/** Pictures of a film: its thumbnail, a scene's poster, and the contact sheet. */
import '../../core/media/fonts.ts' // before sharp
import sharp from 'sharp'
import type { FilmFormat } from '../../core/media/format.ts'
import type { FfmpegTools } from '../../core/platform/ffmpeg.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { grabFrames } from './grab.ts'
import { layOutSheet, sheetSvg } from './sheet.ts'

type FilmPictures = {
  tools: FfmpegTools
  film: string
  plan: ShotPlan
  /** Pictures of shots that are there already, by their place; the others are taken out of the film. */
  posters?: ReadonlyMap<number, Buffer>
  workDir: string
  signal?: AbortSignal
}

const THUMBNAIL_SIDE = 640
const JPEG = { quality: 82, mozjpeg: true } as const
/** Below this mean (0 to 255) a picture is as good as black, below this spread it shows nothing. */
const DARK_MEAN = 16
const FLAT_SPREAD = 6
const MOST_CANDIDATES = 6

/** JPEG, longest side 640: the middle of the first shot that shows something. */
export async function makeThumbnail({ plan, posters, ...rest }: FilmPictures): Promise<Buffer> {
  const grab = grabber({ ...rest, video: rest.film, format: plan.format })
  const candidates = plan.shots.slice(0, MOST_CANDIDATES).map((_, index) => async () => {
    return posters?.get(index) ?? grab(middleFrame(plan, index))
  })
  return telling(candidates)
}

/** JPEG of a single scene's segment, chosen like the thumbnail. */
export async function makePoster(options: {
  tools: FfmpegTools
  source: string
  frames: number
  format: FilmFormat
  workDir: string
  signal?: AbortSignal
}): Promise<Buffer> {
  const { source, frames, ...rest } = options
  const grab = grabber({ ...rest, video: source })
  const places = [0.5, 0.75, 0.25].map((part) => Math.min(frames - 1, Math.floor(frames * part)))
  return telling(places.map((frame) => () => grab(frame)))
}

/** PNG: one picture a shot in playing order, with scene number, id and time code. */
export async function makeContactSheet({
  tools,
  film,
  plan,
  posters = new Map(),
  workDir,
  signal,
}: FilmPictures): Promise<Buffer> {
  const layout = layOutSheet(plan)
  const lacking = plan.shots.flatMap((_, index) => (posters.has(index) ? [] : [index]))
  const grabbed = await grabFrames({
    tools,
    video: film,
    fps: plan.format.fps,
    frames: lacking.map((index) => middleFrame(plan, index)),
    width: layout.cellWidth,
    workDir,
    ...(signal ? { signal } : {}),
  })
  const pictures = plan.shots.map((_, index) => posters.get(index) ?? grabbed[lacking.indexOf(index)]!)
  const rounded = Buffer.from(
    `<svg width="${layout.cellWidth}" height="${layout.cellHeight}"><rect width="100%" height="100%" rx="6"/></svg>`,
  )
  const cells = await Promise.all(
    pictures.map(async (picture, index) => ({
      input: await sharp(picture)
        .resize(layout.cellWidth, layout.cellHeight, { fit: 'cover' })
        .composite([{ input: rounded, blend: 'dest-in' }])
        .png()
        .toBuffer(),
      left: layout.cells[index]!.x,
      top: layout.cells[index]!.y,
    })),
  )
  return sharp(Buffer.from(sheetSvg(plan, layout)))
    .composite(cells)
    .png({ compressionLevel: 9, palette: false })
    .toBuffer()
}

/** Middle of what a shot shows alone, its joins left out; such frames were copied and are no mixture. */
export function middleFrame(plan: ShotPlan, index: number): number {
  const shot = plan.shots[index]!
  const framesOf = (after: number): number => plan.joins.find((join) => join.after === after)?.frames ?? 0
  const from = shot.startFrame + framesOf(index - 1)
  const to = shot.startFrame + shot.frames - framesOf(index)
  return Math.min(plan.frames - 1, from + Math.floor(Math.max(0, to - from) / 2))
}

type Source = { tools: FfmpegTools; video: string; format: FilmFormat; workDir: string; signal?: AbortSignal }

/** Takes single frames of a video at the size of a thumbnail. */
function grabber({ format, ...rest }: Source): (frame: number) => Promise<Buffer> {
  const width =
    format.width >= format.height
      ? THUMBNAIL_SIDE
      : 2 * Math.round((THUMBNAIL_SIDE * format.width) / format.height / 2)
  return async (frame) => (await grabFrames({ ...rest, fps: format.fps, frames: [frame], width }))[0]!
}

/** JPEG of the first picture that is neither dark nor flat, else the liveliest of those looked at. One look when the first will do. */
async function telling(candidates: readonly (() => Promise<Buffer>)[]): Promise<Buffer> {
  let best: { picture: Buffer; spread: number } | null = null
  for (const candidate of candidates) {
    const picture = await candidate()
    const { channels } = await sharp(picture).greyscale().stats()
    const { mean, stdev } = channels[0]!
    if (best === null || stdev > best.spread) best = { picture, spread: stdev }
    if (mean >= DARK_MEAN && stdev >= FLAT_SPREAD) break
  }
  return sharp(best!.picture).jpeg(JPEG).toBuffer()
}
