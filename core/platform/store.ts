/** The buckets, as configured. */
import type { Config } from './config.ts'
import { createObjectStore, type ObjectStore } from './objects.ts'

const openBucket = (config: Config, bucket: string): ObjectStore =>
  createObjectStore({
    endpoint: config.S3_ENDPOINT,
    publicEndpoint: config.S3_PUBLIC_ENDPOINT,
    region: config.S3_REGION,
    accessKey: config.S3_ACCESS_KEY,
    secretKey: config.S3_SECRET_KEY,
    pathStyle: config.S3_FORCE_PATH_STYLE,
    bucket,
  })

/** Films, clips and uploads. */
export const openStore = (config: Config): ObjectStore => openBucket(config, config.S3_BUCKET_OUTPUTS)

/** What comes with Framecast. */
export const openSystemStore = (config: Config): ObjectStore => openBucket(config, config.S3_BUCKET_SYSTEM)

/** Makes the buckets that are missing. */
export async function ensureBuckets(config: Config): Promise<void> {
  await openStore(config).ensureBucket()
  await openSystemStore(config).ensureBucket()
}
