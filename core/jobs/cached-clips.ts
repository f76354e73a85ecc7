/** Clips in the cache: what a film has to know of one besides its bytes. Pure. */
import type { CachedObject } from './content-cache.ts'

/** Key of the still that is stored beside a clip, before it: where the clip is, its still is too. */
export const posterKeyOf = (objectKey: string): string => objectKey.replace(/\.mp4$/, '.jpg')

export type ClipMeta = {
  frames: number
  /** Frames at which the clip can be cut without encoding. */
  keyFrames: number[]
}

/** What was stored with a clip. */
export const clipMeta = ({ meta }: CachedObject): ClipMeta => {
  const { frames, keyFrames } = meta as ClipMeta
  return { frames, keyFrames }
}
