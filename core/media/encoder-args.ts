import { ENCODER, type FilmFormat, VIDEO_TIMESCALE } from './format.ts'

/**
 * ffmpeg arguments that encode the pictures of a film: everything between the filters and the container.
 * One function for all who encode (clips, conformed clips, joins), because streams are joined without decoding
 * and must share one SPS/PPS.
 *
 * The caller still owns the filters (`setsar=1`, the frame size), `-frames:v`, sound, and the container
 * (`segmentFileArgs`).
 *
 * @param format picture size (ignored here, the filters set it) and frame rate
 * @param keyFrames frames, counted from 0, that must start a closed GOP; 0 always does and need not be named
 */
export function videoEncoderArgs(format: FilmFormat, keyFrames: readonly number[]): string[] {
  return [
    ...['-c:v', ENCODER.codec, '-preset', ENCODER.preset, '-crf', String(ENCODER.crf)],
    ...['-profile:v', ENCODER.profile, '-level:v', ENCODER.level, '-pix_fmt', ENCODER.pixelFormat],
    ...['-threads:v', String(ENCODER.threads), '-r', String(format.fps), '-fps_mode', 'cfr'],
    // All five tags are stated: an encoder otherwise takes them from its input, and each is part of the SPS.
    ...['-color_primaries', ENCODER.colour, '-color_trc', ENCODER.colour, '-colorspace', ENCODER.colour],
    ...['-color_range', 'tv', '-chroma_sample_location', 'left'],
    // Key frames only where asked for: no scene detection, no periodic ones. Every one is an IDR (closed GOP).
    ...['-force_key_frames', keyFrameExpression(keyFrames), '-forced-idr', '1'],
    ...['-x264-params', 'open-gop=0:scenecut=0:keyint=infinite:min-keyint=1:sliced-threads=0'],
  ]
}

/**
 * ffmpeg arguments for a silent MP4 that other steps cut and join: exact time scale for 16, 24 and 30 fps,
 * index first, and nothing of the machine or the day in it, so that equal pictures give equal bytes.
 */
export const segmentFileArgs = (): string[] => [
  ...['-an', '-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1'],
  ...['-fflags', '+bitexact', '-flags:v', '+bitexact'],
  ...['-video_track_timescale', String(VIDEO_TIMESCALE), '-movflags', '+faststart', '-f', 'mp4'],
]

/** By frame number, not time: a time such as 7/24 s may round to either side of a frame. */
function keyFrameExpression(keyFrames: readonly number[]): string {
  const wanted = new Set([0, ...keyFrames])
  for (const frame of wanted) {
    if (!Number.isSafeInteger(frame) || frame < 0) throw new RangeError(`not a frame number: ${frame}`)
  }
  const tests = [...wanted].sort((a, b) => a - b).map((frame) => `eq(n,${frame})`)
  return `expr:${tests.join('+')}`
}
