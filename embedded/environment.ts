/** Configuration of the processes of an instance: the one of production, with other addresses. Pure. */
import type { Layout } from './layout.ts'
import type { Ports } from './ports.ts'
import type { Secrets } from './secrets.ts'

/** Settings the instance decides; whatever the caller's environment says of them is left out. The rest goes through. */
const OURS =
  /^(DATABASE_|DATA_KEY$|HOST$|PORT$|APP_BASE_URL$|MEDIA_DELIVERY$|S3_|PREVIEW_|SHUTDOWN_GRACE_SECONDS$|WORK_DIR$|WORKER_ROLES$|TMPDIR$|FRAMECAST_)/

export const DATABASE = 'framecast'

export function databaseUrl(ports: Pick<Ports, 'postgres'>, secrets: Secrets, database: string): string {
  return `postgresql://framecast:${secrets.postgresPassword}@127.0.0.1:${ports.postgres}/${database}`
}

/** The same database as the server sees it: with a login that owns nothing. */
const serverDatabaseUrl = (ports: Pick<Ports, 'postgres'>, secrets: Secrets): string =>
  `postgresql://framecast_server:${secrets.serverPassword}@127.0.0.1:${ports.postgres}/${DATABASE}`

/** What the server is given: all but the way to become the owner of the tables. */
export function serverEnvironment({ DATABASE_OWNER_URL: _, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env
}

/**
 * @param inherited environment of the caller: engines, credits, log level and the paths of tools are taken from it
 */
export function instanceEnvironment(
  inherited: NodeJS.ProcessEnv,
  layout: Layout,
  ports: Ports,
  secrets: Secrets,
): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(Object.entries(inherited).filter(([name]) => !OURS.test(name)))
  return {
    ...kept,
    DATABASE_URL: serverDatabaseUrl(ports, secrets),
    DATABASE_OWNER_URL: databaseUrl(ports, secrets, DATABASE),
    DATA_KEY: secrets.dataKey,
    // One person's own machine: told about, not refused.
    FRAMECAST_MODE: 'developer',
    HOST: '127.0.0.1',
    PORT: String(ports.server),
    APP_BASE_URL: `http://127.0.0.1:${ports.server}`,
    // The store listens on loopback for us alone; films reach a browser through the server.
    MEDIA_DELIVERY: 'proxy',
    S3_ENDPOINT: `http://127.0.0.1:${ports.store}`,
    S3_ACCESS_KEY: 'S3RVER',
    S3_SECRET_KEY: 'S3RVER',
    PREVIEW_HOST: '127.0.0.1',
    PREVIEW_PORT: String(ports.preview),
    PREVIEW_DATA_DIR: layout.preview,
    PREVIEW_URL: `http://127.0.0.1:${ports.preview}`,
    // Nobody balances load in front of us: nothing is gained by serving on after the end was asked for.
    SHUTDOWN_GRACE_SECONDS: '0',
    WORK_DIR: layout.work,
    TMPDIR: layout.tmp,
  }
}
