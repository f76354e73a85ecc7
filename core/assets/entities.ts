/** Files that people upload. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core'

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
