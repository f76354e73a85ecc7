/** Loopback ports of an instance: kept between runs so that its addresses stay, replaced when taken by others. */
import { readFile, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { EmbeddedError } from './errors.ts'

export type Ports = { server: number; postgres: number; store: number; preview: number }

const NAMES = ['server', 'postgres', 'store', 'preview'] as const
const LOOPBACK = '127.0.0.1'

/** Listens on a port and gives the listener back; null when the port is taken. 0 takes a free one. */
function hold(port: number): Promise<net.Server | null> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(null))
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => resolve(server))
  })
}

const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port

/** The ports of the last run, or of the one that goes on; empty when there was none. */
export async function keptPorts(file: string): Promise<Partial<Ports>> {
  try {
    const kept: unknown = JSON.parse(await readFile(file, 'utf8'))
    return typeof kept === 'object' && kept !== null ? (kept as Partial<Ports>) : {}
  } catch {
    return {}
  }
}

/**
 * Chooses four different free ports, those of the last run where they are still free, and writes them down.
 * @param asked port for the server; 0 or undefined leaves the choice
 * @throws {EmbeddedError} `port_taken` when the port asked for is not free
 */
export async function choosePorts(file: string, asked?: number): Promise<Ports> {
  const kept = await keptPorts(file)
  // All are held at once, so that no two of them are the same.
  const held: net.Server[] = []
  try {
    const ports = {} as Ports
    for (const name of NAMES) {
      const wanted = name === 'server' && asked ? asked : kept[name]
      const first = Number.isInteger(wanted) ? await hold(wanted as number) : null
      if (first === null && name === 'server' && asked) {
        throw new EmbeddedError(
          'port_taken',
          `Port ${asked} is taken. Choose another with --port, or leave it out.`,
        )
      }
      const server = first ?? (await hold(0))
      if (!server) throw new EmbeddedError('unsupported', 'No free port on 127.0.0.1.')
      held.push(server)
      ports[name] = portOf(server)
    }
    await writeFile(file, `${JSON.stringify(ports)}\n`, { mode: 0o600 })
    return ports
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}
