/** The outputs bucket, as configured. */
import type { Config } from './config.ts'
import { createObjectStore, type ObjectStore } from './objects.ts'

export function openStore(config: Config): ObjectStore {
  return createObjectStore({
    endpoint: config.S3_ENDPOINT,
    publicEndpoint: config.S3_PUBLIC_ENDPOINT,
    region: config.S3_REGION,
    accessKey: config.S3_ACCESS_KEY,
    secretKey: config.S3_SECRET_KEY,
    pathStyle: config.S3_FORCE_PATH_STYLE,
    bucket: config.S3_BUCKET_OUTPUTS,
  })
}
