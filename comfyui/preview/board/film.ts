import { perspectiveFilter, type Travel, travelOf } from '../../../core/media/camera.ts'
import { segmentFileArgs, videoEncoderArgs } from '../../../core/media/encoder-args.ts'
import type { FrameRate } from '../../../core/media/format.ts'
import type { FfmpegInput, FfmpegJob } from '../../../core/platform/ffmpeg.ts'
import { IMAGE_OVERSCAN, OVERSCAN, type Raster } from './layers.ts'
import type { Layout } from './layout.ts'
import type { Mood } from './mood.ts'
import type { BoardSpec } from './spec.ts'

/** Layers written to disk: the path, and the raster it holds. */
export type LayerFile = { readonly path: string; readonly raster: Omit<Raster, 'data'> }
export type BoardLayers = {
  /** Either the three of a scenery (sky, far, near), or reference pictures shown one after another. */
  readonly backdrop:
    | { readonly kind: 'scenery'; readonly files: readonly [LayerFile, LayerFile, LayerFile] }
    | { readonly kind: 'images'; readonly files: readonly LayerFile[] }
  readonly titles: LayerFile
  readonly digits: LayerFile
  readonly progress: LayerFile
}

/** How strongly each layer of a scenery follows the camera. */
export const DEPTHS = [0.3, 0.62, 1] as const
/** Longest dissolve between two reference pictures, s. */
const DISSOLVE_S = 0.8

/**
 * The ffmpeg run that turns still layers into a moving clip: exactly `spec.frames` frames, encoded like every other
 * picture of a film. The graph holds numbers and our own names only; no text of a user comes near it.
 */
export function filmJob(
  spec: BoardSpec,
  layout: Layout,
  mood: Mood,
  layers: BoardLayers,
  output: string,
): FfmpegJob {
  const files = [...layers.backdrop.files, layers.titles, layers.digits, layers.progress]
  const at = layers.backdrop.files.length
  const back = layers.backdrop.kind === 'scenery' ? sceneryGraph(spec, mood) : imagesGraph(spec, mood, at)
  const filter = [...back, ...overlays(spec, layout, at)].join(';')
  const format = { width: spec.width, height: spec.height, fps: spec.fps as FrameRate }
  return {
    inputs: files.map((file) => rawInput(file, spec.fps)),
    filter,
    outputs: [
      {
        path: output,
        options: [
          '-map',
          '[out]',
          '-frames:v',
          String(spec.frames),
          ...videoEncoderArgs(format, spec.cutFrames),
          ...segmentFileArgs(),
        ],
      },
    ],
  }
}

const rawInput = ({ path, raster }: LayerFile, fps: number): FfmpegInput => ({
  path,
  options: [
    ...['-f', 'rawvideo', '-pixel_format', raster.channels === 4 ? 'rgba' : 'rgb24'],
    ...['-video_size', `${raster.width}x${raster.height}`, '-framerate', String(fps)],
  ],
})

/** One still picture, converted once and then repeated for ever. */
const still = (input: number, pixels: 'yuv420p' | 'yuva420p', name: string): string =>
  `[${input}:v]scale=in_range=pc:out_range=tv:out_color_matrix=bt709:flags=accurate_rnd+full_chroma_int,format=${pixels},loop=loop=-1:size=1:start=0${name}`

function sceneryGraph(spec: BoardSpec, mood: Mood): string[] {
  const seconds = spec.frames / spec.fps
  const layer = (input: number, name: string): string => {
    const travel = travelOf(mood.move, DEPTHS[input]!, seconds)
    return still(
      input,
      input === 0 ? 'yuv420p' : 'yuva420p',
      `,${perspectiveFilter(travel, OVERSCAN, spec.frames)}[${name}]`,
    )
  }
  return [
    layer(0, 'sky'),
    layer(1, 'far'),
    layer(2, 'near'),
    '[sky][far]overlay=format=yuv420[backdrop]',
    `[backdrop][near]overlay=format=yuv420,scale=${spec.width}:${spec.height}:flags=bicubic,setsar=1,${grain(spec.seed)}[back]`,
  ]
}

/** Reference pictures share the clip evenly; each is travelled over slowly and dissolves into the next. */
function imagesGraph(spec: BoardSpec, mood: Mood, count: number): string[] {
  const dissolve =
    count === 1 ? 0 : Math.min(Math.round(DISSOLVE_S * spec.fps), Math.floor(spec.frames / count / 2))
  const share = Math.ceil((spec.frames + dissolve * (count - 1)) / count)
  const moves = [
    mood.move,
    mood.move === 'push' ? 'right' : 'push',
    mood.move === 'pull' ? 'left' : 'pull',
  ] as const
  const graph: string[] = []
  for (let i = 0; i < count; i += 1) {
    const travel: Travel = travelOf(moves[i % moves.length]!, 0.72, share / spec.fps)
    const filters = [
      perspectiveFilter(travel, IMAGE_OVERSCAN, share),
      `scale=${spec.width}:${spec.height}:flags=bicubic`,
      `setsar=1,trim=end_frame=${share},setpts=N/(${spec.fps}*TB),fps=${spec.fps}`,
    ]
    graph.push(still(i, 'yuv420p', `,${filters.join(',')}[p${i}]`))
  }
  let name = 'p0'
  for (let i = 1; i < count; i += 1) {
    const offset = ((share - dissolve) * i) / spec.fps
    graph.push(
      `[${name}][p${i}]xfade=transition=fade:duration=${(dissolve / spec.fps).toFixed(6)}:offset=${offset.toFixed(6)}[x${i}]`,
    )
    name = `x${i}`
  }
  // A picture short of the end by rounding is held, so that the count is exact.
  graph.push(`[${name}]tpad=stop=-1:stop_mode=clone,${grain(spec.seed)}[back]`)
  return graph
}

/** Fine film grain: it hides the steps of dark gradients and lets a still picture breathe. Seeded, so repeatable. */
const grain = (seed: number): string => `noise=c0_seed=${Math.abs(seed) % 1_000_000}:c0_strength=3:c0_flags=t`

function overlays(spec: BoardSpec, layout: Layout, at: number): string[] {
  const { timecode: t, hairline } = layout
  const { fps, frames } = spec
  const fields = [
    `floor(n/${fps * 3600})`,
    `mod(floor(n/${fps * 60}),60)`,
    `mod(floor(n/${fps}),60)`,
    `mod(n,${fps})`,
  ]
  const crops = fields.map((field, i) => {
    const width = i === 3 ? t.pair : t.cell
    return `[d${i}]crop=w=${width}:h=${t.height}:x='${t.cell}*min(99,${field})':y=0[f${i}]`
  })
  return [
    still(at, 'yuva420p', '[titles]'),
    '[back][titles]overlay=format=yuv420[titled]',
    still(at + 1, 'yuva420p', ',split=4[d0][d1][d2][d3]'),
    ...crops,
    '[f0][f1][f2][f3]hstack=inputs=4[clock]',
    `[titled][clock]overlay=x=${t.x}:y=${t.y}:format=yuv420[clocked]`,
    still(
      at + 2,
      'yuva420p',
      `,crop=w=${hairline.width}:h=${hairline.height}:x='${hairline.width}-${hairline.width}*(n+1)/${frames}':y=0[line]`,
    ),
    `[clocked][line]overlay=x=${hairline.x}:y=${hairline.y}:format=yuv420,setsar=1[out]`,
  ]
}
