/** The object store of an instance: a file-backed S3 server on loopback. Arguments: folder, port. */
import { createObjectServer } from './object-store.ts'

const [directory = '', port = ''] = process.argv.slice(2)

// Loopback only: it answers unsigned reads too.
const store = await createObjectServer({ address: '127.0.0.1', port: Number(port), directory })
await store.run()
console.log(
  JSON.stringify({ level: 'info', service: 'store', time: new Date().toISOString(), port, msg: 'listening' }),
)

process.once('SIGTERM', () => process.exit(0))
