/** The sounds that come with Framecast, for everybody to list and hear. */

import type { UserPrincipal } from '../access/principal.ts'
import { reachOf } from '../access/reach.ts'
import type { Database } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import type { MediaLinks } from '../platform/media-links.ts'
import { afterKey, cutPage, type EntitySort, type Page, type PageKey, pageOptions } from '../platform/page.ts'
import { emAs } from '../platform/reach.ts'
import type { SystemAssetCategory } from '../storyboard/system-assets.ts'
import { type SystemAssetRow, SystemAssetSchema } from './entities.ts'

const PREVIEW_LIFETIME_S = 86_400
const ID = /^asset_[a-z0-9_]{1,94}$/

const BY_CATEGORY_AND_NAME: EntitySort = { direction: 'asc', fields: ['category', 'name', 'id'] }

export type SystemAssetFilter = {
  category?: SystemAssetCategory
  /** Any of these. */
  tags?: readonly string[]
  /** Part of name or description, in any case. */
  search?: string
}

export type SystemAssetService = ReturnType<typeof createSystemAssetService>

/** A text as a pattern that means just itself. */
const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

export function createSystemAssetService({ db, media }: { db: Pick<Database, 'orm'>; media: MediaLinks }) {
  return {
    /** The wire object; `links` adds a link to listen to it, for a day. */
    async present(asset: SystemAssetRow, links: boolean): Promise<object> {
      return {
        id: asset.id,
        category: asset.category,
        name: asset.name,
        description: asset.description,
        duration_seconds: asset.durationSeconds,
        s3_key: asset.s3Key,
        content_type: asset.contentType,
        size_bytes: asset.sizeBytes,
        tags: asset.tags,
        created_at: asset.createdAt.toISOString(),
        ...(links
          ? {
              preview_url: await media.url(asset.s3Key, PREVIEW_LIFETIME_S),
              preview_url_expires_at: new Date(Date.now() + PREVIEW_LIFETIME_S * 1_000).toISOString(),
            }
          : {}),
        ...(asset.peaks ? { peaks: asset.peaks } : {}),
      }
    },

    async find(principal: UserPrincipal, id: string): Promise<SystemAssetRow> {
      const asset = ID.test(id)
        ? await emAs(db, reachOf(principal), (em) => em.findOne(SystemAssetSchema, { id }))
        : null
      if (!asset) throw new Problem('NOT_FOUND', 'no such system asset')
      return asset
    },

    /** By category and name. */
    async list(
      principal: UserPrincipal,
      { category, tags, search }: SystemAssetFilter,
      page: Page,
    ): Promise<{ assets: SystemAssetRow[]; next: PageKey | null }> {
      const pattern = search === undefined ? null : `%${literally(search)}%`
      const found = await emAs(db, reachOf(principal), (em) =>
        em.find(
          SystemAssetSchema,
          {
            ...(category ? { category } : {}),
            ...(tags ? { tags: { $overlap: [...tags] } } : {}),
            $and: [
              pattern ? { $or: [{ name: { $ilike: pattern } }, { description: { $ilike: pattern } }] } : {},
              afterKey(page, BY_CATEGORY_AND_NAME),
            ],
          },
          pageOptions(page, BY_CATEGORY_AND_NAME),
        ),
      )
      const { rows, next } = cutPage(found, page, BY_CATEGORY_AND_NAME)
      return { assets: rows, next }
    },
  }
}
