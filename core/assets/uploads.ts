/** The way of a file into the store: announced, put, looked at. Only what was looked at may be used. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { UploadParts } from '../../schemas/types.ts'
import { formatOwner } from '../access/owner.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { chooseOwner, reachOf } from '../access/reach.ts'
import { type Quotas, requireRoom } from '../accounts/quota.ts'
import { addStorage } from '../accounts/storage.ts'
import type { Database } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { FfmpegError } from '../platform/ffmpeg.ts'
import { isUuid, newId } from '../platform/ids.ts'
import { createLimiter } from '../platform/limiter.ts'
import type { UploadLinks } from '../platform/media-links.ts'
import type { ObjectStore } from '../platform/objects.ts'
import { queryableAs, transactionAs } from '../platform/reach.ts'
import type { AssetFile } from './entities.ts'
import { removeIncoming, removeObjects } from './expiry.ts'
import { type Inspection, Unusable } from './inspect.ts'
import type { Inspector } from './inspector.ts'
import { fileKey, folderOf, incomingFolder, incomingKey, partKey, thumbnailKey } from './keys.ts'
import { MAX_ASSET_BYTES } from './limits.ts'
import { ASSET_TYPES, type AssetType, isAssetType, SNIFF_BYTES, sniffType } from './media-types.ts'
import { fetchParts, PART_TYPE, readParts, type StoredPart } from './parts.ts'

const UPLOAD_LIFETIME_S = 900
/** How far the size that arrived may be off the size announced, where the store lets it be. */
const SIZE_TOLERANCE = 0.05
/** Files that are looked at together: each may take a processor for some seconds. */
const AT_ONCE = 2
const FETCH_BUDGET_MS = 10_000
const PUT_LIMIT = '40s'

export type UploadRequest = {
  filename: string
  contentType: string
  sizeBytes: number
  owner?: string | null
  projectId?: string | null
}

export type UploadDeps = {
  db: Database
  store: ObjectStore
  uploadLinks: UploadLinks
  quotas: Quotas
  inspector: Inspector
}

/** What has arrived of a file: the whole, or all of its parts. */
type Arrived = { sizeBytes: number; parts: readonly StoredPart[] }

/** What a file was found to be. */
type Checked = Inspection & { path: string; sizeBytes: number; sha256: string }

const announcedType = ({ contentType }: AssetFile): AssetType => contentType as AssetType

/** @throws {Problem} VALIDATION_ERROR */
function checkAnnouncement({ filename, contentType, sizeBytes }: UploadRequest): void {
  if (!isAssetType(contentType))
    throw new Problem('VALIDATION_ERROR', `content_type must be one of ${ASSET_TYPES.join(', ')}`)
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > MAX_ASSET_BYTES)
    throw new Problem('VALIDATION_ERROR', 'size_bytes must be a whole number from 1 to 52428800 (50 MiB)')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[/\\\u0000-\u001f\u007f]/.test(filename) || [...filename].length > 255 || filename === '') {
    throw new Problem(
      'VALIDATION_ERROR',
      'filename must be 1 to 255 characters without slashes or control characters',
    )
  }
}

export function createUploads({ db, store, uploadLinks, quotas, inspector }: UploadDeps) {
  const inTurn = createLimiter(AT_ONCE)

  /** The owner of a new file: of a project's files its team. */
  async function ownerOf(principal: UserPrincipal, request: UploadRequest): Promise<string> {
    if (!request.projectId) return chooseOwner(principal, request.owner, 'assets.create')
    if (!isUuid(request.projectId)) throw new Problem('VALIDATION_ERROR', 'project_id must be a UUID')
    const { rows } = await queryableAs(db.pool, reachOf(principal)).query<{ team_id: string }>(
      'select team_id from projects where id = $1',
      [request.projectId],
    )
    const teamId = rows[0]?.team_id
    if (!teamId || !principal.teams.has(teamId)) throw new Problem('NOT_FOUND', 'no such project')
    const team = formatOwner({ kind: 'team', teamId })
    if (request.owner && request.owner.toLowerCase() !== team)
      throw new Problem('VALIDATION_ERROR', 'a file of a project is owned by its team; leave owner out')
    return chooseOwner(principal, team, 'assets.create')
  }

  /** Registers a file. @returns its id, and where to PUT it within 15 minutes */
  async function announce(principal: UserPrincipal, request: UploadRequest) {
    checkAnnouncement(request)
    const owner = await ownerOf(principal, request)
    const { filename, contentType, sizeBytes } = request
    const asPrincipal = queryableAs(db.pool, reachOf(principal))
    await requireRoom(asPrincipal, { owner, tier: principal.tier, bytes: sizeBytes }, quotas)
    const id = newId()
    const key = fileKey(owner, id, filename)
    await asPrincipal.query(
      `insert into asset_files (id, owner, uploaded_by, project_id, filename, s3_key, content_type, size_bytes)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, owner, principal.userId, request.projectId ?? null, filename, key, contentType, sizeBytes],
    )
    return {
      id,
      target: {
        upload_url: await uploadLinks.url(incomingKey(key), UPLOAD_LIFETIME_S, { contentType, sizeBytes }),
        upload_method: 'PUT',
        upload_headers: { 'Content-Type': contentType },
        expires_at: addressEnds(),
      },
    }
  }

  /** A pending asset takes files from who announced it alone. */
  function requirePending(principal: UserPrincipal, asset: AssetFile): void {
    if (asset.uploadedBy !== principal.userId) throw new Problem('NOT_FOUND', 'no such asset')
    if (asset.status !== 'pending') throw new Problem('CONFLICT', `the asset is ${asset.status} already`)
  }

  /** The parts of a pending file: which have arrived, and where to PUT the others within 15 minutes. */
  async function parts(principal: UserPrincipal, asset: AssetFile): Promise<UploadParts> {
    requirePending(principal, asset)
    const { owner, sizeBytes, s3Key } = asset
    const asPrincipal = queryableAs(db.pool, reachOf(principal))
    await requireRoom(asPrincipal, { owner, tier: principal.tier, bytes: sizeBytes }, quotas)
    const all = await readParts(store, s3Key, sizeBytes)
    return {
      parts: await Promise.all(
        all.map(async ({ number, start, sizeBytes: bytes, isThere }) => {
          const object = { contentType: PART_TYPE, sizeBytes: bytes }
          return {
            number,
            start,
            size_bytes: bytes,
            received: isThere,
            upload_url: isThere
              ? null
              : await uploadLinks.url(partKey(s3Key, number), UPLOAD_LIFETIME_S, object),
          }
        }),
      ),
      upload_method: 'PUT',
      upload_headers: { 'Content-Type': PART_TYPE },
      expires_at: addressEnds(),
    }
  }

  /** @throws {Problem} CONFLICT when the file is not there, or not all of it */
  async function requireArrived({ s3Key, sizeBytes }: AssetFile): Promise<Arrived> {
    const whole = await store.stat(incomingKey(s3Key))
    if (whole) return { sizeBytes: whole.sizeBytes, parts: [] }
    const all = await readParts(store, s3Key, sizeBytes)
    const missing = all.filter(({ isThere }) => !isThere).length
    if (missing === 0) return { sizeBytes, parts: all }
    throw new Problem(
      'CONFLICT',
      missing === all.length
        ? 'the file has not been uploaded yet'
        : `${missing} of the ${all.length} parts of the file have not been uploaded yet`,
    )
  }

  /** Fetches what was put, and looks at it. @throws {Unusable} */
  async function check(
    asset: AssetFile,
    arrived: Arrived,
    folder: string,
    signal: AbortSignal,
  ): Promise<Checked> {
    const type = announcedType(asset)
    const path = join(folder, 'upload')
    if (arrived.parts.length > 0)
      await fetchParts(store, asset.s3Key, arrived.parts, path, signal, FETCH_BUDGET_MS)
    else await store.getFile(incomingKey(asset.s3Key), path, signal, undefined, FETCH_BUDGET_MS)
    const { size: sizeBytes } = await stat(path)
    requireSize(asset, sizeBytes)
    const found = sniffType(await headOf(path))
    if (found !== type) throw new Unusable(`it is ${found ?? 'of no type that can be used'}, not ${type}`)
    const sha256 = await hashOf(path, signal)
    return { path, sizeBytes, sha256, ...(await inspector.inspect(path, type, folder, signal)) }
  }

  /** Makes a checked file the asset's own. In one transaction, so that of two confirmations at once one puts its bytes. */
  async function accept(
    principal: UserPrincipal,
    asset: AssetFile,
    checked: Checked,
    signal: AbortSignal,
  ): Promise<void> {
    const { path, sizeBytes, sha256, measured, thumbnail } = checked
    const metadata = {
      sha256,
      ...measured,
      ...(thumbnail ? { thumbnail: { width: thumbnail.width, height: thumbnail.height } } : {}),
    }
    const outcome = await transactionAs(db.pool, reachOf(principal), async (client) => {
      const { rowCount } = await client.query(
        `update asset_files set status = 'ready', size_bytes = $2, metadata = $3::jsonb
         where id = $1 and status = 'pending'`,
        [asset.id, sizeBytes, JSON.stringify(metadata)],
      )
      if (rowCount !== 1) return 'too late'
      // The store may take its time; the row stays locked for as long.
      await client.query(`set local idle_in_transaction_session_timeout = '${PUT_LIMIT}'`)
      const object = { contentType: asset.contentType, sizeBytes }
      await store.putStream(asset.s3Key, createReadStream(path), object, signal)
      if (thumbnail) await store.putBytes(thumbnailKey(asset.s3Key), thumbnail.bytes, 'image/webp', signal)
      await addStorage(client, asset.owner, sizeBytes)
      await removeIncoming(client, incomingFolder(asset.s3Key))
      return 'ready'
    })
    if (outcome === 'too late') throw new Problem('CONFLICT', 'the asset is no longer pending')
  }

  async function fail(principal: UserPrincipal, asset: AssetFile): Promise<void> {
    await transactionAs(db.pool, reachOf(principal), async (client) => {
      const { rowCount } = await client.query(
        `update asset_files set status = 'failed' where id = $1 and status = 'pending'`,
        [asset.id],
      )
      if (rowCount === 1) await removeObjects(client, folderOf(asset.s3Key))
    })
  }

  /** Looks at what was put for a pending asset of the caller. One that is not what was announced fails for good. */
  async function confirm(principal: UserPrincipal, asset: AssetFile, signal: AbortSignal): Promise<void> {
    requirePending(principal, asset)
    const arrived = await requireArrived(asset)
    await inTurn(signal, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'framecast-upload-'))
      try {
        requireSize(asset, arrived.sizeBytes)
        await accept(principal, asset, await check(asset, arrived, folder, signal), signal)
      } catch (error) {
        if (error instanceof Unusable) {
          await fail(principal, asset)
          throw new Problem('VALIDATION_ERROR', `the file cannot be used: ${error.message}`, { cause: error })
        }
        if (error instanceof FfmpegError && !error.aborted)
          throw new Problem('SERVICE_UNAVAILABLE', 'the file could not be looked at; try again', {
            reason: 'media_tools',
            retryAfterS: 10,
            cause: error,
          })
        throw error
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  }

  return { announce, parts, confirm }
}

const addressEnds = (): string => new Date(Date.now() + UPLOAD_LIFETIME_S * 1_000).toISOString()

/** @throws {Unusable} */
function requireSize(asset: AssetFile, sizeBytes: number): void {
  if (sizeBytes > MAX_ASSET_BYTES) throw new Unusable('it is larger than 50 MiB')
  if (sizeBytes < 1 || Math.abs(sizeBytes - asset.sizeBytes) > asset.sizeBytes * SIZE_TOLERANCE)
    throw new Unusable(`${asset.sizeBytes} bytes were announced, ${sizeBytes} arrived`)
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash, { signal })
  return hash.digest('hex')
}
