/**
 * The file-backed S3 server in a process of its own: it installs handlers for uncaught exceptions, which would hide
 * failures of the test beside it. Reports its port over IPC; ends with its parent.
 */
import { createRequire } from 'node:module'

type S3Server = { run(): Promise<{ port: number }>; close(): Promise<void> }
const S3rver = createRequire(import.meta.url)('@20minutes/s3rver') as new (options: object) => S3Server

const [directory = '', port = '0'] = process.argv.slice(2)
const server = new S3rver({ address: '127.0.0.1', port: Number(port), silent: true, directory })
const { port: listening } = await server.run()
process.once('disconnect', () => process.exit(0))
process.send?.({ port: listening })
