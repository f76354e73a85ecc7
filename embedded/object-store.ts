/**
 * The file-backed S3 server of an instance without one. Its library keeps objects as files and has three faults that matter
 * here, mended below: removing the last object of a folder removed the folder with whatever had been put there meanwhile; an
 * object was written where it is read, so that a reader, or a crash, met half of one; and a listing failed when a file went
 * away under it.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

type ListOptions = Record<string, unknown>

/** What is used of the library's store. */
declare class LibraryStore {
  constructor(directory: string)
  readonly rootDirectory: string
  getBucketPath(bucket: string): string
  getResourcePath(bucket: string, key: string, resource: string): string
  listObjects(bucket: string, options: ListOptions): Promise<unknown>
}
type LibraryServer = {
  store: LibraryStore
  context: { store: LibraryStore }
  /** Listens. @returns its address */
  run(): Promise<{ address: string; port: number }>
  close(): Promise<void>
}

const require = createRequire(import.meta.url)
const S3rver = require('@20minutes/s3rver') as new (options: Record<string, unknown>) => LibraryServer
const FilesystemStore = require('@20minutes/s3rver/lib/stores/filesystem') as typeof LibraryStore

/** No bucket can be called so. */
const INCOMING = '.incoming'
const RESOURCES = ['object', 'object.md5', 'metadata.json']
/** How often something is tried that others can get in the way of: each needs to come just then, once more. */
const TRIES = 20

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code

/** Does `work` again as long as a folder or a file went away under it. */
async function whileGone<T>(work: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--)
    try {
      return await work()
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || left <= 1) throw error
    }
}

class SafeStore extends FilesystemStore {
  /** Called by the library for every object and part: writes beside, then moves, so that a file is whole or not there. */
  async putContent(path: string, content: Buffer | Readable): Promise<[size: number, md5: string]> {
    const incoming = join(this.rootDirectory, INCOMING)
    const beside = join(incoming, randomUUID())
    const md5 = createHash('md5')
    let size = 0
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length
        md5.update(chunk)
        done(null, chunk)
      },
    })
    await mkdir(incoming, { recursive: true })
    try {
      const source = Buffer.isBuffer(content) ? Readable.from([content]) : content
      await pipeline(source, measure, createWriteStream(beside))
      await whileGone(async () => {
        await mkdir(dirname(path), { recursive: true })
        await rename(beside, path)
      })
    } catch (error) {
      await rm(beside, { force: true })
      throw error
    }
    return [size, md5.digest('hex')]
  }

  /** Removes an object, and those of its folders that are empty then. */
  async deleteObject(bucket: string, key: string): Promise<void> {
    for (const resource of RESOURCES)
      await unlink(this.getResourcePath(bucket, key, resource)).catch((error) => {
        if (codeOf(error) !== 'ENOENT') throw error
      })
    const top = this.getBucketPath(bucket)
    // Only an empty folder can be removed so, whoever puts something there meanwhile.
    for (
      let folder = dirname(this.getResourcePath(bucket, key, 'object'));
      folder !== top;
      folder = dirname(folder)
    )
      try {
        await rmdir(folder)
      } catch (error) {
        if (codeOf(error) === 'ENOENT') continue
        if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return
        throw error
      }
  }

  override listObjects(bucket: string, options: ListOptions): Promise<unknown> {
    return whileGone(() => super.listObjects(bucket, options))
  }
}

/**
 * An S3 server over a folder, not yet listening.
 * @param options.directory holds a folder for each bucket
 * @param options.port 0 takes a free one
 */
export async function createObjectServer(options: {
  address: string
  port: number
  directory: string
}): Promise<Pick<LibraryServer, 'run' | 'close'>> {
  // What a crash left half written.
  await rm(join(options.directory, INCOMING), { recursive: true, force: true })
  const server = new S3rver({ ...options, silent: true, vhostBuckets: false })
  server.store = server.context.store = new SafeStore(options.directory)
  return server
}
