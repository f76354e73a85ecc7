/** Every entity that MikroORM knows. A test compares them with the tables that the migrations make. */
import { ApiKeySchema, UserSchema } from './accounts/entities.ts'
import { AssetFileSchema, SystemAssetSchema } from './assets/entities.ts'
import { JobSchema, WatchLinkSchema } from './jobs/entities.ts'
import { ProjectSchema } from './projects/entities.ts'

export const entities = [
  UserSchema,
  ApiKeySchema,
  JobSchema,
  WatchLinkSchema,
  AssetFileSchema,
  SystemAssetSchema,
  ProjectSchema,
]
