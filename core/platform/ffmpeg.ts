/**
 * ffmpeg access: the only door to the ffmpeg and ffprobe binaries and to the fluent-ffmpeg package. What stands in
 * `ffmpeg/` is private to this module; everybody else imports from here.
 */
export { FfmpegError, type FfmpegErrorCode } from './ffmpeg/errors.ts'
export {
  type AudioStream,
  listPackets,
  type MediaInfo,
  type Packet,
  type ParameterSets,
  type ProbeOptions,
  parameterSets,
  parseAvcC,
  probe,
  type VideoStream,
} from './ffmpeg/probe.ts'
export {
  type FfmpegInput,
  type FfmpegJob,
  type FfmpegOutput,
  type FfmpegProgress,
  type RunOptions,
  type RunResult,
  runFfmpeg,
  wallLimitMs,
} from './ffmpeg/run.ts'
export { type FfmpegTools, findTools, hasEncoder } from './ffmpeg/tools.ts'
