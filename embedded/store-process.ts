/** The object store of an instance: a file-backed S3 server on loopback. Arguments: folder, port. */
import { createRequire } from 'node:module'

type S3rver = { run(): Promise<unknown>; close(): Promise<void> }
type S3rverClass = new (options: Record<string, unknown>) => S3rver

const require = createRequire(import.meta.url)
const Store = require('@20minutes/s3rver') as S3rverClass
const [directory = '', port = ''] = process.argv.slice(2)

// Loopback only: it answers unsigned reads too.
const store = new Store({
  address: '127.0.0.1',
  port: Number(port),
  directory,
  silent: true,
  vhostBuckets: false,
})
await store.run()
console.log(
  JSON.stringify({ level: 'info', service: 'store', time: new Date().toISOString(), port, msg: 'listening' }),
)

process.once('SIGTERM', () => process.exit(0))
