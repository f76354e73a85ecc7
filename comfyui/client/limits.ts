/** Every wait and every buffer of the client, as numbers that tests and operators can change. */

export type ComfyLimits = {
  /** TCP (and TLS) connect. */
  connectMs: number
  /** From the connection to the last byte of a reply. Long: one Python lock serves HTTP and the nodes. */
  replyMs: number
  /** Largest reply that is read into memory. */
  replyBytes: number
  /** The same for the list of all nodes: some MB, with every file choice in it. */
  catalogueBytes: number
  /** Largest socket frame; some nodes send full-size pictures as previews. */
  frameBytes: number
  /** Longest time a running prompt may show no progress while the socket is open. */
  silenceMs: number
  /** The same by node class, for nodes that load models or encode and report nothing meanwhile. */
  silenceMsByClass: Readonly<Record<string, number>>
  pingMs: number
  /** Socket open but nothing heard while the server says the prompt runs: open it again. */
  deafMs: number
  /** Time between two looks at the prompt's state with a healthy socket, and without one. */
  pollMs: number
  pollFastMs: number
  /** How long to look closely for the history entry after a message said that the prompt ended. */
  historyMs: number
  /** Absent from queue and history for this long on a server that answers = lost. */
  lostGraceMs: number
  /** No usable answer for this long = unreachable. */
  unreachableMs: number
  /** Submissions of one run: the first, and those after a loss. */
  submissions: number
  /** Posts of one submission whose outcome stayed unknown. */
  posts: number
  downloadIdleMs: number
  downloadMinBytesPerS: number
  downloadBytes: number
  downloads: number
}

const minutes = (n: number): number => n * 60_000

/**
 * Nodes that are silent for long by nature: a cold model is read from disk (several GB) before the first
 * sampling step, and decoders and encoders report nothing at all. Until the limit passes, a hung server looks
 * just like a slow one.
 */
const SLOW_NODES: Readonly<Record<string, number>> = {
  CheckpointLoaderSimple: minutes(10),
  UNETLoader: minutes(10),
  CLIPLoader: minutes(10),
  DualCLIPLoader: minutes(10),
  CLIPTextEncode: minutes(10),
  KSampler: minutes(10),
  KSamplerAdvanced: minutes(10),
  SamplerCustom: minutes(10),
  SamplerCustomAdvanced: minutes(10),
  VAEDecode: minutes(10),
  VAEDecodeTiled: minutes(10),
  CreateVideo: minutes(5),
  SaveVideo: minutes(5),
}

export const DEFAULT_LIMITS: ComfyLimits = {
  connectMs: 5_000,
  replyMs: 30_000,
  replyBytes: 8 * 1024 * 1024,
  catalogueBytes: 64 * 1024 * 1024,
  frameBytes: 64 * 1024 * 1024,
  silenceMs: 120_000,
  silenceMsByClass: SLOW_NODES,
  pingMs: 20_000,
  deafMs: 30_000,
  pollMs: 5_000,
  pollFastMs: 1_000,
  historyMs: 5_000,
  lostGraceMs: 3_000,
  unreachableMs: 60_000,
  submissions: 3,
  posts: 3,
  downloadIdleMs: 30_000,
  downloadMinBytesPerS: 50_000,
  downloadBytes: 4 * 1024 * 1024 * 1024,
  downloads: 3,
}
