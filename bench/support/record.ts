/** Records the statements of a request to a server in this process, to be replayed by replay-server.ts. */
import pg from 'pg'

/** `name`: of a statement that is prepared once a connection. */
export type Statement = { on: 'app' | 'system'; text: string; values: unknown[]; name?: string }
export type Recording = {
  operations: Record<string, { statements: Statement[]; madeIds: string[] }>
  /** Words of the person that was recorded first, then those of others to be put in their place. */
  people: { userId: string; email: string; keyHash: string }[]
}

let sink: Statement[] | null = null
const original = pg.Client.prototype.query

/** From now on statements of every connection in this process can be recorded. */
export function watchStatements(): void {
  pg.Client.prototype.query = function query(this: pg.Client, ...args: unknown[]) {
    const [first, second] = args
    const config = first as { text?: string; values?: unknown[]; name?: string }
    const text = typeof first === 'string' ? first : config?.text
    if (sink && typeof text === 'string') {
      const options = String(
        (this as unknown as { connectionParameters?: { options?: string } }).connectionParameters?.options ??
          '',
      )
      const values = typeof first === 'string' ? (Array.isArray(second) ? second : []) : (config.values ?? [])
      // Only the server's connections carry a role.
      if (options.includes('framecast_app'))
        sink.push({
          on: options.includes('framecast.system') ? 'system' : 'app',
          text,
          values: [...values],
          ...(typeof first !== 'string' && config.name ? { name: config.name } : {}),
        })
    }
    return (original as (...all: unknown[]) => unknown).apply(this, args)
  } as typeof original
}

/** The statements that `request` causes, and the ids among their values that are not in `known`. */
export async function record(
  request: () => Promise<unknown>,
  known: readonly string[],
): Promise<{ statements: Statement[]; madeIds: string[] }> {
  const statements: Statement[] = []
  sink = statements
  await request()
  sink = null
  const ids =
    JSON.stringify(statements).match(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g) ?? []
  return { statements, madeIds: [...new Set(ids)].filter((id) => !known.includes(id)) }
}
