/** What comes over the socket: text frames as typed messages, binary frames as previews. */

export type ComfyMessage = { type: string; data: Record<string, unknown> }

export type ComfyFrame =
  | {
      kind: 'preview'
      mime: 'image/jpeg' | 'image/png'
      image: Uint8Array
      /** Known only for frames with metadata (type 4); the old form names no prompt. */
      promptId: string | null
      nodeId: string | null
    }
  | { kind: 'text'; nodeId: string; text: string }

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Messages larger than this are not read: only `progress_state` of huge graphs grows so, and it is a luxury. */
const TEXT_LIMIT_BYTES = 1024 * 1024
/** Pictures larger than this are results sent as previews, not previews. */
const PREVIEW_LIMIT_BYTES = 4 * 1024 * 1024

/** A text frame as a message, or null when it is not one. Unknown types pass: custom nodes send their own. */
export function readMessage(text: Buffer): ComfyMessage | null {
  if (text.length > TEXT_LIMIT_BYTES) return null
  try {
    const parsed: unknown = JSON.parse(text.toString('utf8'))
    if (!isObject(parsed) || typeof parsed.type !== 'string') return null
    return { type: parsed.type, data: isObject(parsed.data) ? parsed.data : {} }
  } catch {
    return null
  }
}

/**
 * A binary frame (big-endian): uint32 type, then
 * 1: uint32 format (1 JPEG, 2 PNG), image; 3: uint32 length, node id, text; 4: uint32 length, JSON, image.
 * Null for unknown types and for frames that end too early.
 */
export function readFrame(frame: Buffer): ComfyFrame | null {
  if (frame.length < 8) return null
  const type = frame.readUInt32BE(0)
  const second = frame.readUInt32BE(4)
  if (type === 1) {
    if (frame.length - 8 > PREVIEW_LIMIT_BYTES) return null
    const mime = second === 2 ? 'image/png' : 'image/jpeg'
    return { kind: 'preview', mime, image: frame.subarray(8), promptId: null, nodeId: null }
  }
  if (8 + second > frame.length) return null
  const head = frame.toString('utf8', 8, 8 + second)
  const rest = frame.subarray(8 + second)
  if (type === 3) return { kind: 'text', nodeId: head, text: rest.toString('utf8') }
  if (type !== 4 || rest.length > PREVIEW_LIMIT_BYTES) return null
  try {
    const meta: unknown = JSON.parse(head)
    if (!isObject(meta)) return null
    return {
      kind: 'preview',
      mime: meta.image_type === 'image/png' ? 'image/png' : 'image/jpeg',
      image: rest,
      promptId: typeof meta.prompt_id === 'string' ? meta.prompt_id : null,
      nodeId: typeof meta.node_id === 'string' ? meta.node_id : null,
    }
  } catch {
    return null
  }
}
