/** Fitting a picture of one shape into the film's. Pure. */
import type { FilmFormat } from '../../core/media/format.ts'
import type { VideoStream } from '../../core/platform/ffmpeg.ts'

/** Up to this difference in shape the overhang is cut off: less than anyone frames with. */
const CROP_TOLERANCE = 0.03

/**
 * Filters that bring a decoded picture to `format`. Nearly the same shape: scaled to cover, centre kept (a model's
 * 1280x704 becomes 1280x720). Another shape: scaled to fit whole, over a blurred, darkened copy of itself, since
 * cutting could lose what the prompt asked for and black bars read as a fault.
 *
 * Pictures that do not say which matrix they use are taken as BT.601, which is what the engines' own savers write.
 */
export function fitFilter(
  video: Pick<VideoStream, 'width' | 'height' | 'rotation' | 'pixelAspect'>,
  format: FilmFormat,
): string {
  const turned = video.rotation % 180 !== 0
  const shownWidth = video.width * video.pixelAspect
  const shape = turned ? video.height / shownWidth : shownWidth / video.height
  const wanted = format.width / format.height
  const colour = 'out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd'
  const finish = 'setsar=1,format=yuv420p'
  const { width, height } = format
  if (Math.abs(shape / wanted - 1) < CROP_TOLERANCE) {
    const scaledWidth = even(Math.max(width, height * shape), Math.ceil)
    const scaledHeight = even(Math.max(height, width / shape), Math.ceil)
    const crop = scaledWidth === width && scaledHeight === height ? '' : `crop=${width}:${height},`
    return `scale=${scaledWidth}:${scaledHeight}:${colour},${crop}${finish}`
  }
  const fitWidth = Math.max(2, even(Math.min(width, height * shape), Math.floor))
  const fitHeight = Math.max(2, even(Math.min(height, width / shape), Math.floor))
  // The backdrop is blurred small: a sixteenth of the work, and nobody sees its detail.
  const backWidth = even(width / 4, Math.ceil)
  const backHeight = even(height / 4, Math.ceil)
  const coverWidth = even(Math.max(backWidth, backHeight * shape), Math.ceil)
  const coverHeight = even(Math.max(backHeight, backWidth / shape), Math.ceil)
  return [
    'split[front][back]',
    `[back]scale=${coverWidth}:${coverHeight}:${colour},crop=${backWidth}:${backHeight},gblur=sigma=${(backHeight / 18).toFixed(1)},` +
      `lutyuv=y='16+(val-16)*0.55',scale=${width}:${height}:flags=bilinear,setsar=1,format=yuv420p[under]`,
    `[front]scale=${fitWidth}:${fitHeight}:${colour},setsar=1,format=yuv420p[over]`,
    `[under][over]overlay=${even((width - fitWidth) / 2, Math.floor)}:${even((height - fitHeight) / 2, Math.floor)},${finish}`,
  ].join(';')
}

const even = (value: number, round: (n: number) => number): number => {
  const halves = value / 2
  // A hair's breadth of tolerance, so that 719.9999999 and 720.0000001 are both 720.
  return 2 * (Math.abs(halves - Math.round(halves)) < 1e-6 ? Math.round(halves) : round(halves))
}
