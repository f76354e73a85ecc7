// Before sharp: fontconfig is set up by the first of these.
import './fonts.ts'
import sharp from 'sharp'

// The queue runs one prompt at a time, and pictures are used once: caches would only hold memory.
sharp.cache(false)
sharp.concurrency(2)

/** Longest side and pixel count of a picture we open: an upload is untrusted. */
export const MAX_PIXELS = 100_000_000

export { sharp }
