/** A server may start before its database is there, or before it is migrated: it says so until it is. */
import { pino } from 'pino'
import t from 'tap'
import { readConfig } from '../../core/platform/config.ts'
import type { Logger } from '../../core/platform/log.ts'
import { startServer } from '../../server/start.ts'
import { startDatabase } from '../support/postgres.ts'
import { read, type WireError } from '../support/studio.ts'

const { url } = await startDatabase(t, { empty: true })
const withLogin = new URL(url)
withLogin.username = 'nobody'

const CASES: [what: string, databaseUrl: string, health: number, reason: string][] = [
  ['a database without tables', url, 200, 'not_migrated'],
  ['a login that is not there yet', withLogin.href, 503, 'database_unavailable'],
  ['no database at all', 'postgresql://nobody:x@127.0.0.1:1/x', 503, 'database_unavailable'],
]

for (const [what, databaseUrl, health, reason] of CASES) {
  t.test(what, async (t) => {
    const config = readConfig({
      DATABASE_URL: databaseUrl,
      DATA_KEY: Buffer.alloc(32, 1).toString('base64'),
      S3_ENDPOINT: 'http://127.0.0.1:1',
      S3_ACCESS_KEY: 'a',
      S3_SECRET_KEY: 'b',
      PORT: '0',
    })
    const log = pino({ level: 'silent' }) as unknown as Logger
    const server = await startServer(config, { log, timings: { graceMs: 0 } })
    t.teardown(() => server.close())
    const ask = (path: string) =>
      read<WireError>(
        fetch(`${server.url}${path}`, { headers: { authorization: `Bearer sk_live_${'0'.repeat(32)}` } }),
      )
    t.equal((await ask('/health')).status, health)
    for (const path of ['/ready', '/v1/jobs'])
      t.match(
        await ask(path),
        { status: 503, body: { error: { code: 'SERVICE_UNAVAILABLE', reason } } },
        path,
      )
  })
}
