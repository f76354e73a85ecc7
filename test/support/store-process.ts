/**
 * The object store of an instance in a process of its own: it installs handlers for uncaught exceptions, which would hide
 * failures of the test beside it. Reports its port over IPC; ends with its parent.
 */
import { createObjectServer } from '../../embedded/object-store.ts'

const [directory = '', port = '0'] = process.argv.slice(2)
const server = await createObjectServer({ address: '127.0.0.1', port: Number(port), directory })
const { port: listening } = await server.run()
process.once('disconnect', () => process.exit(0))
process.send?.({ port: listening })
