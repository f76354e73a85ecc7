// Before sharp: fontconfig is set up by the first of these.
import '../../core/media/fonts.ts'
import sharp from 'sharp'

// Pictures are used once: a cache would only hold memory.
sharp.cache(false)

/** Longest side and pixel count of a picture we open: an upload is untrusted. */
export const MAX_PIXELS = 100_000_000

export { sharp }
