/** Files that people upload, and those that come with Framecast. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { SystemAssetCategory } from '../storyboard/system-assets.ts'
import type { Peak } from './peaks.ts'

export const AssetFileSchema = defineEntity({
  name: 'AssetFile',
  tableName: 'asset_files',
  properties: {
    id: p.uuid().primary(),
    owner: p.text(),
    uploadedBy: p.uuid(),
    projectId: p.uuid().nullable(),
    filename: p.text(),
    s3Key: p.text().fieldName('s3_key'),
    contentType: p.text(),
    sizeBytes: p.bigint('number'),
    status: p.text().$type<'pending' | 'ready' | 'failed'>().default('pending'),
    metadata: p.json().$type<Record<string, unknown>>().default('{}'),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p.datetime().defaultRaw('now()'),
  },
})
export type AssetFile = InferEntity<typeof AssetFileSchema>

export const SystemAssetSchema = defineEntity({
  name: 'SystemAsset',
  tableName: 'system_assets',
  properties: {
    id: p.text().primary(),
    category: p.text().$type<SystemAssetCategory>(),
    name: p.text(),
    description: p.text(),
    /** As Postgres writes it, e.g. `0.500`: a decimal stays one. */
    durationSeconds: p.decimal('string').nullable(),
    s3Key: p.text().fieldName('s3_key'),
    contentType: p.text(),
    sizeBytes: p.bigint('number'),
    tags: p.array(),
    /** Null until the sound is seeded by a release that keeps shapes. */
    peaks: p.json().$type<Peak[]>().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
  },
})
export type SystemAssetRow = InferEntity<typeof SystemAssetSchema>
