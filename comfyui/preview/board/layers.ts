import { sharp } from '../raster.ts'
import type { Layout } from './layout.ts'
import type { Mood } from './mood.ts'
import { sceneryOf } from './scenery.ts'
import { fmt } from './shapes.ts'
import { drawSky } from './sky.ts'
import type { BoardSpec } from './spec.ts'
import { OVERSCAN, type Stage } from './stage.ts'
import { progressSvg, timecodeSvg, titlesSvg } from './titles.ts'

/** A picture as raw bytes, row by row, 8 bits a channel. */
export type Raster = {
  readonly data: Buffer
  readonly width: number
  readonly height: number
  readonly channels: 3 | 4
}

/** Backdrop, far and near scenery of a mood, each on its own raster so that they can move against each other. */
export async function drawScenery(
  mood: Mood,
  seed: number,
  stage: Stage,
): Promise<[sky: Raster, far: Raster, near: Raster]> {
  const scenery = sceneryOf(mood, seed, stage)
  const { width, height } = stage
  const soft = `<filter id="soft" x="-30%" y="-60%" width="160%" height="220%"><feGaussianBlur stdDeviation="${fmt(stage.size(0.018))}"/></filter>`
  const svg = (body: string, matte: string): Buffer =>
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><defs>${scenery.defs}${soft}</defs>${matte}${body}</svg>`,
    )
  // Empty places carry the ground's colour at next to no opacity: black there would leave a dark seam when the camera
  // interpolates between pixels.
  const matte = `<rect width="${width}" height="${height}" fill="${mood.ground}" fill-opacity="0.004"/>`
  const base = sharp(drawSky(mood, stage), { raw: { width, height, channels: 3 } })
  const sky = base.composite([{ input: svg(scenery.behind, '') }]).removeAlpha()
  const far = sharp(svg(scenery.far, matte)).blur(0.6)
  // The foreground is out of focus, as a lens would have it.
  const near = sharp(svg(scenery.near, matte)).blur(stage.size(0.006))
  return [await raster(sky, 3), await raster(far, 4), await raster(near, 4)]
}

/** The same picture, enlarged to `OVERSCAN` times the board and cut to its shape around what draws the eye. */
export async function drawReference(file: string, spec: BoardSpec): Promise<Raster> {
  const [width, height] = [spec.width, spec.height].map(
    (px) => 2 * Math.round((px * IMAGE_OVERSCAN) / 2),
  ) as [number, number]
  const picture = sharp(file, { limitInputPixels: 100_000_000, pages: 1 })
    .rotate()
    .toColourspace('srgb')
    .flatten({ background: '#0b0e13' })
    .resize(width, height, { fit: 'cover', position: 'attention', kernel: 'lanczos3' })
    .removeAlpha()
  return raster(picture, 3)
}
export const IMAGE_OVERSCAN = 1.14

/** The still layer, the timecode's digits and the running hairline. */
export async function drawTitles(
  spec: BoardSpec,
  layout: Layout,
  mood: Mood,
  onImage: boolean,
): Promise<[titles: Raster, digits: Raster, progress: Raster]> {
  const render = (svg: string): Promise<Raster> =>
    raster(sharp(Buffer.from(svg), { limitInputPixels: 100_000_000 }).ensureAlpha(), 4)
  return [
    await render(titlesSvg(spec, layout, mood, onImage)),
    await render(timecodeSvg(layout).svg),
    await render(progressSvg(layout, mood).svg),
  ]
}

async function raster(picture: ReturnType<typeof sharp>, channels: 3 | 4): Promise<Raster> {
  const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  if (info.channels !== channels)
    throw new Error(`a layer has ${info.channels} channels in place of ${channels}`)
  return { data, width: info.width, height: info.height, channels }
}

export { OVERSCAN }
