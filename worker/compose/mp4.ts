/**
 * The index of an MP4 file as ffmpeg writes it: where each sample lies, when it is shown, and with which parameter sets it
 * is decoded. Reading it here costs no process and says where the bytes are, so that they can be compared.
 */
import { type FileHandle, open } from 'node:fs/promises'

/** Times in ticks of the track's time scale, moved by its edit list, so that the first picture is shown at 0. */
export type Sample = {
  readonly offset: number
  readonly sizeBytes: number
  readonly dts: number
  readonly pts: number
  readonly key: boolean
}

export type Track = {
  readonly kind: 'video' | 'audio' | 'text' | 'other'
  /** Four letters, such as `avc1`. */
  readonly codec: string
  readonly timescale: number
  /** Decoder configuration: the content of `avcC` or `esds`. */
  readonly config: Buffer
  readonly samples: readonly Sample[]
}

/** Tables of ten minutes at 120 frames a second, with sound, are a hundredth of this. */
const LARGEST_INDEX = 256 * 2 ** 20
const KINDS: Record<string, Track['kind']> = { vide: 'video', soun: 'audio', sbtl: 'text', text: 'text' }
/** Bytes before the first box within a sample entry of each kind. */
const ENTRY_HEADS: Partial<Record<Track['kind'], number>> = { video: 78, audio: 28 }

/**
 * Reads the tracks of an MP4 file, in file order.
 * @throws {Error} when the file is no MP4, is cut short, or holds fragments
 */
export async function readTracks(file: string): Promise<Track[]> {
  await using handle = await open(file)
  const { size } = await handle.stat()
  const moov = await findIndex(handle, size)
  const tracks = [...boxes(moov)].filter(({ type }) => type === 'trak').map(({ body }) => readTrack(body))
  for (const { samples } of tracks) {
    for (const { offset, sizeBytes } of samples)
      if (offset + sizeBytes > size) throw new Error('a sample lies beyond the end of the file')
  }
  return tracks
}

async function findIndex(handle: FileHandle, size: number): Promise<Buffer> {
  const head = Buffer.alloc(16)
  for (let at = 0; at + 8 <= size; ) {
    await handle.read(head, 0, 16, at)
    const type = head.toString('latin1', 4, 8)
    const short = head.readUInt32BE(0)
    const length = short === 1 ? Number(head.readBigUInt64BE(8)) : short === 0 ? size - at : short
    if (length < 8 || at + length > size) break
    if (type === 'moov') {
      if (length > LARGEST_INDEX) throw new Error('the index of the file is too large')
      const moov = Buffer.alloc(length)
      await handle.read(moov, 0, length, at)
      return moov.subarray(short === 1 ? 16 : 8)
    }
    at += length
  }
  throw new Error('the file has no index')
}

type Box = { type: string; body: Buffer }

/** The boxes that stand one after the other in `bytes`. */
function* boxes(bytes: Buffer): Generator<Box> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    if (length < 8 || at + length > bytes.length) throw new Error('the index of the file is damaged')
    yield { type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(at + 8, at + length) }
    at += length
  }
}

/** The first box at the end of a path of types. */
function find(bytes: Buffer, ...path: string[]): Buffer | null {
  let body: Buffer | null = bytes
  for (const type of path) {
    if (body === null) return null
    body = [...boxes(body)].find((box) => box.type === type)?.body ?? null
  }
  return body
}

function need(bytes: Buffer, ...path: string[]): Buffer {
  const body = find(bytes, ...path)
  if (body === null) throw new Error(`the index of the file lacks ${path.join('/')}`)
  return body
}

function readTrack(trak: Buffer): Track {
  const mdhd = need(trak, 'mdia', 'mdhd')
  const kind = KINDS[need(trak, 'mdia', 'hdlr').toString('latin1', 8, 12)] ?? 'other'
  const stbl = need(trak, 'mdia', 'minf', 'stbl')
  const [entry] = boxes(need(stbl, 'stsd').subarray(8))
  if (!entry) throw new Error('the index of the file describes no samples')
  return {
    kind,
    codec: entry.type,
    timescale: mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12),
    config: configOf(kind, entry.body),
    samples: readSamples(stbl, editStart(trak)),
  }
}

function configOf(kind: Track['kind'], entry: Buffer): Buffer {
  const head = ENTRY_HEADS[kind]
  if (head === undefined) return Buffer.alloc(0)
  const inner = entry.subarray(head)
  return find(inner, 'avcC') ?? find(inner, 'esds') ?? Buffer.alloc(0)
}

/** The time of the media at which the edit list begins to play. */
function editStart(trak: Buffer): number {
  const elst = find(trak, 'edts', 'elst')
  if (elst === null) return 0
  const wide = elst[0] === 1
  const entries = elst.readUInt32BE(4)
  for (let index = 0, at = 8; index < entries; index += 1, at += wide ? 20 : 12) {
    const start = wide ? Number(elst.readBigInt64BE(at + 8)) : elst.readInt32BE(at + 4)
    // -1 is a pause before the media, not a place in it.
    if (start >= 0) return start
  }
  return 0
}

function readSamples(stbl: Buffer, start: number): Sample[] {
  const sizes = readSizes(need(stbl, 'stsz'))
  const offsets = placeSamples(stbl, sizes)
  const durations = readRuns(need(stbl, 'stts'), sizes.length, false)
  const ctts = find(stbl, 'ctts')
  const delays = ctts ? readRuns(ctts, sizes.length, true) : null
  const stss = find(stbl, 'stss')
  const keys = stss
    ? new Set(Array.from({ length: stss.readUInt32BE(4) }, (_, i) => stss.readUInt32BE(8 + 4 * i) - 1))
    : null
  let dts = -start
  return sizes.map((sizeBytes, index) => {
    const sample = {
      offset: offsets[index]!,
      sizeBytes,
      dts,
      pts: dts + (delays?.[index] ?? 0),
      key: keys === null || keys.has(index),
    }
    dts += durations[index]!
    return sample
  })
}

function readSizes(stsz: Buffer): number[] {
  const same = stsz.readUInt32BE(4)
  const count = stsz.readUInt32BE(8)
  if (same === 0 && 12 + 4 * count > stsz.length) throw new Error('the index of the file is damaged')
  return Array.from({ length: count }, (_, index) => same || stsz.readUInt32BE(12 + 4 * index))
}

/** A table of runs (count, value) as one value for each sample. */
function readRuns(table: Buffer, samples: number, signed: boolean): number[] {
  const values: number[] = []
  const runs = table.readUInt32BE(4)
  for (let run = 0; run < runs; run += 1) {
    const count = table.readUInt32BE(8 + 8 * run)
    if (values.length + count > samples) throw new Error('the index of the file is damaged')
    const value = signed ? table.readInt32BE(12 + 8 * run) : table.readUInt32BE(12 + 8 * run)
    for (let index = 0; index < count; index += 1) values.push(value)
  }
  if (values.length !== samples) throw new Error('the index of the file is damaged')
  return values
}

/** Where each sample begins, from the places of chunks and the number of samples in each. */
function placeSamples(stbl: Buffer, sizes: readonly number[]): number[] {
  const stco = find(stbl, 'stco')
  const wide = stco === null
  const table = stco ?? need(stbl, 'co64')
  const chunks = table.readUInt32BE(4)
  const stsc = need(stbl, 'stsc')
  const runs = stsc.readUInt32BE(4)
  const offsets: number[] = []
  for (let chunk = 0, run = 0; chunk < chunks; chunk += 1) {
    while (run + 1 < runs && stsc.readUInt32BE(8 + 12 * (run + 1)) <= chunk + 1) run += 1
    let at = wide ? Number(table.readBigUInt64BE(8 + 8 * chunk)) : table.readUInt32BE(8 + 4 * chunk)
    const held = stsc.readUInt32BE(8 + 12 * run + 4)
    for (let index = 0; index < held && offsets.length < sizes.length; index += 1) {
      offsets.push(at)
      at += sizes[offsets.length - 1]!
    }
  }
  if (offsets.length !== sizes.length) throw new Error('the index of the file is damaged')
  return offsets
}

/** Bytes read ahead: samples mostly lie one after the other. */
const WINDOW = 2 ** 20

/** Gives the bytes of samples; cheapest in the order of the file. What it gives is overwritten by the next call. */
export type SampleReader = { read(sample: Sample): Promise<Buffer>; [Symbol.asyncDispose](): Promise<void> }

export async function openSamples(file: string): Promise<SampleReader> {
  const handle = await open(file)
  let window = Buffer.alloc(WINDOW)
  let from = 0
  let held = 0
  return {
    async read({ offset, sizeBytes }) {
      if (offset < from || offset + sizeBytes > from + held) {
        if (sizeBytes > window.length) window = Buffer.alloc(sizeBytes)
        from = offset
        held = (await handle.read(window, 0, window.length, offset)).bytesRead
        if (held < sizeBytes) throw new Error('the file is shorter than its index says')
      }
      return window.subarray(offset - from, offset - from + sizeBytes)
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}
