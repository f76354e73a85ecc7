/**
 * The yardstick: node:http and pg, and nothing else. Runs statements that were recorded from the real server, in the same
 * transactions on the same kind of connection, and answers with the rows of the last one.
 *
 *   node bench/support/replay-server.ts <recording.json> <database url>
 *
 * `GET /<operation>?as=<n>` replays the operation as person n; ids that the server made for itself are made anew.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { newId } from '../../core/platform/ids.ts'
import type { Recording } from './record.ts'

const [file = '', url = ''] = process.argv.slice(2)
const { operations, people } = JSON.parse(readFileSync(file, 'utf8')) as Recording
const role = '-c role=framecast_app'
const pools = {
  app: new pg.Pool({ connectionString: url, max: 10, options: role }),
  system: new pg.Pool({ connectionString: url, max: 4, options: `${role} -c framecast.system=on` }),
}
const [recorded] = people

type Statements = Recording['operations'][string]['statements']
const ready = new Map<string, Statements>()

/** The statements as another person, with new ids where the server had made some; made once where it had made none. */
function statementsOf(name: string, as: number): Statements {
  const operation = operations[name]!
  const place = `${name} ${as % people.length}`
  const known = ready.get(place)
  if (known) return known
  const person = people[as % people.length]!
  let text = JSON.stringify(operation.statements)
  for (const key of Object.keys(recorded!) as (keyof typeof person)[])
    text = text.replaceAll(recorded![key], person[key])
  for (const id of operation.madeIds) text = text.replaceAll(id, newId())
  const statements = JSON.parse(text) as Statements
  if (operation.madeIds.length === 0) ready.set(place, statements)
  return statements
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x')
  const held = new Map<'app' | 'system', pg.PoolClient>()
  try {
    let rows: unknown[] = []
    for (const { on, text, values, name } of statementsOf(
      pathname.slice(1),
      Number(searchParams.get('as')),
    )) {
      const client = held.get(on) ?? (await pools[on].connect())
      held.set(on, client)
      const result = await client.query({
        text,
        ...(values.length > 0 && { values }),
        ...(name && { name }),
      })
      if (!Array.isArray(result) && result.rows.length > 0) rows = result.rows
      // Held through a transaction, and given back after it or after a single statement.
      const isOpen = /^begin/.test(text) || (held.has(on) && transactions.get(client) === true)
      transactions.set(client, /^begin/.test(text) || (isOpen && !/^(commit|rollback)/.test(text)))
      if (!transactions.get(client)) {
        client.release()
        held.delete(on)
      }
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(rows))
  } catch (error) {
    for (const client of held.values()) client.release(true)
    response.statusCode = 500
    response.end(String(error))
  }
})
const transactions = new WeakMap<pg.PoolClient, boolean>()

server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }))
})
process.on('SIGTERM', () => process.exit(0))
