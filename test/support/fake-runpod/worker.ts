/** The worker-comfyui image on an endpoint: what its handler takes and gives back (release 5.8). */

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export type WorkerFile = {
  /** Node that wrote it, as ComfyUI lists it: `gifs` is where VHS puts its files. */
  list: 'images' | 'gifs' | 'audio'
  /** Ending with its dot. */
  extension: string
  bytes: Buffer
  temp?: boolean
}

export type WorkerSettings = {
  /** What the graph gives. */
  files(workflow: Json): WorkerFile[]
  /** Where files are uploaded to, as a presigned address; base64 without. */
  upload?(filename: string, bytes: Buffer): string
  /** Partial failures, told beside the files. */
  errors?: string[]
}

const refusal = (error: string, details?: string[]) => ({ error, ...(details ? { details } : {}) })

/** Checks the input as the handler does; the graph, or the handler's answer. */
function checked(input: unknown): { workflow: Json } | { answer: Json } {
  let read = input
  if (input === undefined || input === null) return { answer: refusal('Please provide input') }
  if (typeof input === 'string') {
    try {
      read = JSON.parse(input)
    } catch {
      return { answer: refusal('Invalid JSON format in input') }
    }
  }
  const { workflow, images } = (isObject(read) ? read : {}) as { workflow?: unknown; images?: unknown }
  if (!isObject(workflow)) return { answer: refusal("Missing 'workflow' parameter") }
  const isImage = (image: unknown): boolean =>
    isObject(image) && typeof image.name === 'string' && typeof image.image === 'string'
  if (images !== undefined && !(Array.isArray(images) && images.every(isImage)))
    return { answer: refusal("'images' must be a list of objects with 'name' and 'image' keys") }
  return { workflow }
}

/** Prefix that the graph's saving node was given: ComfyUI names the file after its last part. */
function prefixIn(workflow: Json): string {
  for (const node of Object.values(workflow)) {
    const inputs = isObject(node) && isObject(node.inputs) ? node.inputs : {}
    if (typeof inputs.filename_prefix === 'string') return inputs.filename_prefix.split('/').at(-1)!
  }
  return 'ComfyUI'
}

/** What the handler returns for an input. A truthy `error` is what the SDK makes a failure of. */
export function handle(input: unknown, settings: WorkerSettings): Json {
  const read = checked(input)
  if ('answer' in read) return read.answer
  const prefix = prefixIn(read.workflow)
  // Files under any other key than `images` are passed over with no more than a line in the worker's log.
  const images = settings
    .files(read.workflow)
    .filter(({ list, temp }) => list === 'images' && !temp)
    .map(({ extension, bytes }, index) => {
      const filename = `${prefix}_${String(index + 1).padStart(5, '0')}_${extension}`
      return settings.upload
        ? { filename, type: 's3_url', data: settings.upload(filename, bytes) }
        : { filename, type: 'base64', data: bytes.toString('base64') }
    })
  const errors = settings.errors && settings.errors.length > 0 ? { errors: settings.errors } : {}
  if (images.length > 0) return { images, ...errors }
  if (settings.errors && settings.errors.length > 0) return refusal('Job processing failed', settings.errors)
  return { status: 'success_no_images', images: [] }
}
