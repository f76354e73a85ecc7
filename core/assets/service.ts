/** Files that people upload: listed, read, brought in and removed. */

import type { UploadParts } from '../../schemas/types.ts'
import { parseOwner } from '../access/owner.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { reachableOwners, reachOf, teamOf } from '../access/reach.ts'
import { can } from '../access/roles.ts'
import { quotaOf } from '../accounts/quota.ts'
import { addStorage, storedBytes } from '../accounts/storage.ts'
import { audit } from '../audit/audit.ts'
import { Problem } from '../platform/errors.ts'
import type { MediaLinks } from '../platform/media-links.ts'
import { afterKey, cutPage, type Page, type PageKey, pageOptions } from '../platform/page.ts'
import { emAs, queryableAs, transactionAs } from '../platform/reach.ts'
import { type AssetFile, AssetFileSchema } from './entities.ts'
import { removeObjects } from './expiry.ts'
import { folderOf, thumbnailKey } from './keys.ts'
import { ASSET_TYPES } from './media-types.ts'
import { createUploads, type UploadDeps, type UploadRequest } from './uploads.ts'
import { type AssetUsage, usageOf } from './usage.ts'

const LINK_LIFETIME_S = 3_600

export type AssetFilter = {
  status?: AssetFile['status']
  owner?: string
  projectId?: string
  /** Beginning of a content type, e.g. `image/`. */
  contentType?: string
}

export type AssetPage = { assets: AssetFile[]; next: PageKey | null }

export type AssetService = ReturnType<typeof createAssetService>

export function createAssetService({ media, ...deps }: UploadDeps & { media: MediaLinks }) {
  const { db } = deps
  const uploads = createUploads(deps)

  async function find(principal: UserPrincipal, id: string): Promise<AssetFile> {
    const asset = await emAs(db, reachOf(principal), (em) =>
      em.findOne(AssetFileSchema, { id, owner: { $in: reachableOwners(principal) } }),
    )
    if (!asset) throw new Problem('NOT_FOUND', 'no such asset')
    return asset
  }

  /** The wire object; `download` adds a link to the file of an asset that is ready, `usage` the films that use it. */
  async function present(asset: AssetFile, download: boolean, usage?: AssetUsage): Promise<object> {
    const isReady = asset.status === 'ready'
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
      ...(isReady && download
        ? {
            download_url: await media.url(asset.s3Key, LINK_LIFETIME_S, asset.filename),
            download_url_expires_at: new Date(Date.now() + LINK_LIFETIME_S * 1_000).toISOString(),
          }
        : {}),
      ...(isReady && asset.metadata.thumbnail
        ? { thumbnail_url: await media.url(thumbnailKey(asset.s3Key), LINK_LIFETIME_S) }
        : {}),
      ...(usage && { usage }),
    }
  }

  return {
    present,
    find,

    /** Registers a file and says where to PUT it, within 15 minutes. */
    async createUpload(principal: UserPrincipal, request: UploadRequest): Promise<object> {
      const { id, target } = await uploads.announce(principal, request)
      return { asset: await present(await find(principal, id), false), ...target }
    },

    /** Which films within reach use these files. */
    usageOf: (principal: UserPrincipal, ids: readonly string[]) =>
      usageOf(queryableAs(db.pool, reachOf(principal)), ids),

    /** Bytes that an owner within reach keeps, and may keep (0: no limit); null for any other owner. */
    async storageOf(
      principal: UserPrincipal,
      owner: string,
    ): Promise<{ used: number; limit: number } | null> {
      if (!reachableOwners(principal).includes(owner)) return null
      const used = await storedBytes(queryableAs(db.pool, reachOf(principal)), owner)
      return { used, limit: quotaOf(owner, principal.tier, deps.quotas) }
    },

    /** Addresses for those parts of a pending file that have not arrived. */
    uploadParts: async (principal: UserPrincipal, id: string): Promise<UploadParts> =>
      uploads.parts(principal, await find(principal, id)),

    /** Looks at what was uploaded; only then may a storyboard use it. A file that is not what was announced fails. */
    async confirmUpload(principal: UserPrincipal, id: string, signal: AbortSignal): Promise<AssetFile> {
      await uploads.confirm(principal, await find(principal, id), signal)
      return find(principal, id)
    },

    /** Removes a file: its row now, its objects by a queue task. A render that uses it may fail. */
    async remove(principal: UserPrincipal, id: string): Promise<void> {
      const asset = await find(principal, id)
      if (!mayRemove(principal, asset))
        throw new Problem('AUTHORIZATION_ERROR', 'your role may delete only the files you uploaded')
      await transactionAs(db.pool, reachOf(principal), async (client) => {
        const { rows } = await client.query<{
          status: AssetFile['status']
          size_bytes: string
          updated_at: Date
        }>('delete from asset_files where id = $1 returning status, size_bytes, updated_at', [id])
        const gone = rows[0]
        if (!gone) throw new Problem('NOT_FOUND', 'no such asset')
        if (gone.status === 'ready') await addStorage(client, asset.owner, -Number(gone.size_bytes))
        const closedAt = gone.status === 'pending' ? null : gone.updated_at
        await removeObjects(client, folderOf(asset.s3Key), closedAt)
        const owner = parseOwner(asset.owner)
        await audit(client, {
          action: 'asset.deleted',
          subjectType: 'asset',
          subjectId: id,
          teamId: owner && teamOf(owner),
          actorId: principal.userId,
          details: { filename: asset.filename, status: gone.status, bytes: Number(gone.size_bytes) },
        })
      })
    },

    /** Assets in reach, newest first; an owner out of reach has none. */
    async list(principal: UserPrincipal, filter: AssetFilter, page: Page): Promise<AssetPage> {
      const owners = reachableOwners(principal).filter(
        (urn) => filter.owner === undefined || urn === filter.owner,
      )
      if (owners.length === 0) return { assets: [], next: null }
      const { contentType } = filter
      const found = await emAs(db, reachOf(principal), (em) =>
        em.find(
          AssetFileSchema,
          {
            owner: { $in: owners },
            ...(filter.status ? { status: filter.status } : {}),
            ...(filter.projectId ? { projectId: filter.projectId } : {}),
            $and: [
              contentType
                ? { contentType: { $in: ASSET_TYPES.filter((type) => type.startsWith(contentType)) } }
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

/** In a team, administrators remove any file and members their own; people remove their personal ones. */
function mayRemove(principal: UserPrincipal, asset: AssetFile): boolean {
  const owner = parseOwner(asset.owner)
  const teamId = owner && teamOf(owner)
  if (!teamId) return true
  const role = principal.teams.get(teamId)
  if (!role) return false
  return can(role, 'assets.manage') || (can(role, 'assets.create') && asset.uploadedBy === principal.userId)
}
