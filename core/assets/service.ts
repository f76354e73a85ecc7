/** Files that people upload: an address to put them to, and a look at what arrived before they may be used. */
import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { objectPrefix } from '../access/owner.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { chooseOwner, reachableOwners, reachOf } from '../access/reach.ts'
import { addStorage } from '../accounts/storage.ts'
import type { Database } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'
import type { MediaLinks } from '../platform/media-links.ts'
import type { ObjectStore } from '../platform/objects.ts'
import { afterKey, cutPage, type Page, type PageKey, pageOptions } from '../platform/page.ts'
import { emAs, queryableAs, transactionAs } from '../platform/reach.ts'
import { type AssetFile, AssetFileSchema } from './entities.ts'
import { ASSET_TYPES, isAssetType, SNIFF_BYTES, sniffType } from './media-types.ts'

export const MAX_ASSET_BYTES = 52_428_800
const UPLOAD_LIFETIME_S = 900
const DOWNLOAD_LIFETIME_S = 3_600
/** Limits on pictures: a small file may hold a very large picture. */
const MAX_PIXELS = 50_000_000
const MAX_SIDE = 16_384
/** How far the size that arrived may be off the size announced. */
const SIZE_TOLERANCE = 0.05

export type UploadRequest = {
  filename: string
  contentType: string
  sizeBytes: number
  owner?: string | null
}

export type AssetFilter = {
  status?: AssetFile['status']
  owner?: string
  projectId?: string
  /** Beginning of a content type, e.g. `image/`. */
  contentType?: string
}

export type AssetPage = { assets: AssetFile[]; next: PageKey | null }

export type AssetService = ReturnType<typeof createAssetService>

export function createAssetService({
  db,
  store,
  media,
}: {
  db: Database
  store: ObjectStore
  media: MediaLinks
}) {
  const read = (principal: UserPrincipal, condition: object): Promise<AssetFile | null> =>
    emAs(db, reachOf(principal), (em) => em.findOne(AssetFileSchema, condition))

  async function findReachable(principal: UserPrincipal, id: string): Promise<AssetFile> {
    const asset = await read(principal, { id, owner: { $in: reachableOwners(principal) } })
    if (!asset) throw new Problem('NOT_FOUND', 'no such asset')
    return asset
  }

  /** The wire object; `links` adds a download link to an asset that is ready. */
  async function present(asset: AssetFile, links: boolean): Promise<object> {
    return {
      id: asset.id,
      owner: asset.owner,
      uploaded_by: asset.uploadedBy,
      project_id: asset.projectId ?? null,
      filename: asset.filename,
      s3_key: asset.s3Key,
      content_type: asset.contentType,
      size_bytes: asset.sizeBytes,
      status: asset.status,
      metadata: asset.metadata,
      created_at: asset.createdAt.toISOString(),
      updated_at: asset.updatedAt.toISOString(),
      ...(links && asset.status === 'ready'
        ? {
            download_url: await media.url(asset.s3Key, DOWNLOAD_LIFETIME_S, asset.filename),
            download_url_expires_at: new Date(Date.now() + DOWNLOAD_LIFETIME_S * 1_000).toISOString(),
          }
        : {}),
    }
  }

  /** Size, hash and picture of what was uploaded; a `Problem` tells why it cannot be used. */
  async function inspect(
    asset: AssetFile,
    signal: AbortSignal,
  ): Promise<{ sizeBytes: number; metadata: object }> {
    const hash = createHash('sha256')
    let head = Buffer.alloc(0)
    let sizeBytes = 0
    const chunks: Buffer[] = []
    const isImage = asset.contentType.startsWith('image/')
    for await (const chunk of await store.read(asset.s3Key, signal)) {
      const bytes = chunk as Buffer
      sizeBytes += bytes.byteLength
      if (sizeBytes > MAX_ASSET_BYTES) throw new Problem('VALIDATION_ERROR', 'the file is larger than 50 MiB')
      hash.update(bytes)
      if (head.byteLength < SNIFF_BYTES) head = Buffer.concat([head, bytes]).subarray(0, SNIFF_BYTES)
      if (isImage) chunks.push(bytes)
    }
    if (Math.abs(sizeBytes - asset.sizeBytes) > asset.sizeBytes * SIZE_TOLERANCE) {
      throw new Problem('VALIDATION_ERROR', `${asset.sizeBytes} bytes were announced, ${sizeBytes} arrived`)
    }
    const found = sniffType(head)
    if (found !== asset.contentType) {
      throw new Problem(
        'VALIDATION_ERROR',
        `the file is ${found ?? 'of no type that can be used'}, not ${asset.contentType}`,
      )
    }
    const sha256 = hash.digest('hex')
    return { sizeBytes, metadata: { sha256, ...(isImage ? await measureImage(Buffer.concat(chunks)) : {}) } }
  }

  return {
    present,
    find: findReachable,

    /** Registers a file and says where to PUT it, within 15 minutes. */
    async createUpload(principal: UserPrincipal, request: UploadRequest) {
      const { filename, contentType, sizeBytes } = request
      const owner = chooseOwner(principal, request.owner, 'assets.create')
      if (!isAssetType(contentType)) {
        throw new Problem('VALIDATION_ERROR', `content_type must be one of ${ASSET_TYPES.join(', ')}`)
      }
      if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > MAX_ASSET_BYTES) {
        throw new Problem('VALIDATION_ERROR', 'size_bytes must be a whole number from 1 to 52428800 (50 MiB)')
      }
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
      if (/[/\\\u0000-\u001f\u007f]/.test(filename) || [...filename].length > 255 || filename === '') {
        throw new Problem(
          'VALIDATION_ERROR',
          'filename must be 1 to 255 characters without slashes or control characters',
        )
      }
      const id = newId()
      const s3Key = `${objectPrefix(owner)}assets/${id}/${filename.replace(/[^A-Za-z0-9._-]/g, '_').slice(-150)}`
      await queryableAs(db.pool, reachOf(principal)).query(
        `insert into asset_files (id, owner, uploaded_by, filename, s3_key, content_type, size_bytes)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [id, owner, principal.userId, filename, s3Key, contentType, sizeBytes],
      )
      return {
        asset: await present(await findReachable(principal, id), false),
        upload_url: await store.presignPut(s3Key, UPLOAD_LIFETIME_S),
        upload_method: 'PUT',
        upload_headers: { 'Content-Type': contentType },
        expires_at: new Date(Date.now() + UPLOAD_LIFETIME_S * 1_000).toISOString(),
      }
    },

    /** Looks at what was uploaded; only then may a storyboard use it. A file that is not what was announced fails. */
    async confirmUpload(principal: UserPrincipal, id: string, signal: AbortSignal): Promise<AssetFile> {
      const asset = await findReachable(principal, id)
      if (asset.uploadedBy !== principal.userId) throw new Problem('NOT_FOUND', 'no such asset')
      if (asset.status !== 'pending') throw new Problem('CONFLICT', `the asset is ${asset.status} already`)
      if (!(await store.stat(asset.s3Key)))
        throw new Problem('CONFLICT', 'the file has not been uploaded yet')
      try {
        const { sizeBytes, metadata } = await inspect(asset, signal)
        const confirmed = await transactionAs(db.pool, reachOf(principal), async (client) => {
          const { rowCount } = await client.query(
            `update asset_files set status = 'ready', size_bytes = $2, metadata = $3::jsonb
             where id = $1 and status = 'pending'`,
            [id, sizeBytes, JSON.stringify(metadata)],
          )
          if (rowCount === 1) await addStorage(client, asset.owner, sizeBytes)
          return rowCount === 1
        })
        if (!confirmed) throw new Problem('CONFLICT', 'the asset was confirmed already')
      } catch (error) {
        if (error instanceof Problem && error.code === 'VALIDATION_ERROR') {
          await queryableAs(db.pool, reachOf(principal)).query(
            `update asset_files set status = 'failed' where id = $1 and status = 'pending'`,
            [id],
          )
          await store.remove([asset.s3Key])
        }
        throw error
      }
      return findReachable(principal, id)
    },

    /** Assets in reach, newest first; an owner out of reach has none. */
    async list(principal: UserPrincipal, filter: AssetFilter, page: Page): Promise<AssetPage> {
      const owners = reachableOwners(principal).filter(
        (urn) => filter.owner === undefined || urn === filter.owner,
      )
      if (owners.length === 0) return { assets: [], next: null }
      const found = await emAs(db, reachOf(principal), (em) =>
        em.find(
          AssetFileSchema,
          {
            owner: { $in: owners },
            ...(filter.status ? { status: filter.status } : {}),
            ...(filter.projectId ? { projectId: filter.projectId } : {}),
            $and: [
              filter.contentType
                ? { contentType: { $in: ASSET_TYPES.filter(startsWith(filter.contentType)) } }
                : {},
              afterKey(page),
            ],
          },
          pageOptions(page),
        ),
      )
      const { rows, next } = cutPage(found, page)
      return { assets: rows, next }
    },
  }
}

const startsWith =
  (prefix: string) =>
  (text: string): boolean =>
    text.startsWith(prefix)

async function measureImage(bytes: Buffer): Promise<{ width: number; height: number }> {
  try {
    const image = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'warning' })
    const { width, height } = await image.metadata()
    if (width > MAX_SIDE || height > MAX_SIDE) throw new Error('too wide or too high')
    // Decodes every pixel: a file that breaks off is found here, not in the middle of a render.
    await image.stats()
    return { width, height }
  } catch (cause) {
    throw new Problem('VALIDATION_ERROR', 'the picture cannot be read, or is larger than 50 megapixels', {
      cause,
    })
  }
}
