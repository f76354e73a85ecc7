/** Outermost parts of files whose length is written in them: one that breaks off, or goes on as something else, shows here. */
import { type FileHandle, open } from 'node:fs/promises'

const HEADER_BYTES = 16
/** No film of 50 MiB comes near this; a file of tiny boxes does. */
const MAX_BOXES = 10_000

async function boxAt(
  file: FileHandle,
  at: number,
  fileBytes: number,
): Promise<{ type: string; size: number }> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, at)
  if (bytesRead < 8) return { type: '', size: 0 }
  const size = buffer.readUInt32BE(0)
  const type = buffer.toString('latin1', 4, 8)
  // 0: up to the end of the file. 1: the real size follows, in 64 bits.
  if (size === 0) return { type, size: fileBytes - at }
  if (size === 1) return { type, size: bytesRead < HEADER_BYTES ? 0 : Number(buffer.readBigUInt64BE(8)) }
  return { type, size }
}

/** What is wrong with the boxes of an MP4 file (ISO/IEC 14496-12), in words; null when they fill the file to its end. */
export async function boxFault(path: string): Promise<string | null> {
  const file = await open(path)
  try {
    const { size: fileBytes } = await file.stat()
    const types = new Set<string>()
    let at = 0
    for (let boxes = 0; at < fileBytes; boxes += 1) {
      const { type, size } = await boxAt(file, at, fileBytes)
      if (boxes === MAX_BOXES || size < 8 || !/^[\x20-\x7e\xa9]{4}$/.test(type))
        return 'it is no whole MP4 file'
      if (at + size > fileBytes) return 'it breaks off'
      types.add(type)
      at += size
    }
    if (!types.has('moov')) return 'it has no index of its frames: it breaks off, or is no MP4 file'
    return null
  } finally {
    await file.close()
  }
}

/** Sizes that a writer leaves in a RIFF file when it does not know better, because it writes to a pipe. */
const UNKNOWN_SIZES = [0, 0xffff_ffff]

/** What is wrong with a RIFF file, such as WAV; null when it is as long as it says. */
export async function riffFault(path: string): Promise<string | null> {
  const file = await open(path)
  try {
    const { size: fileBytes } = await file.stat()
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0)
    if (bytesRead < 8 || buffer.toString('latin1', 0, 4) !== 'RIFF') return 'it is no RIFF file'
    const size = buffer.readUInt32LE(4)
    return UNKNOWN_SIZES.includes(size) || size + 8 <= fileBytes ? null : 'it breaks off'
  } finally {
    await file.close()
  }
}
