/** Puts a server together and runs it. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createExternalTokens } from '../core/accounts/external-tokens.ts'
import { createKeyService } from '../core/accounts/own-keys.ts'
import { createPasswords } from '../core/accounts/passwords.ts'
import { sessionKeys } from '../core/accounts/sessions.ts'
import { createSetupLink } from '../core/accounts/setup.ts'
import { createInspector } from '../core/assets/inspector.ts'
import { createAssetService } from '../core/assets/service.ts'
import { createSystemAssetService } from '../core/assets/system-assets.ts'
import { createEngineService } from '../core/engines/service.ts'
import { createCacheService } from '../core/jobs/cache-service.ts'
import { createJobService } from '../core/jobs/service.ts'
import type { Config } from '../core/platform/config.ts'
import { type Database, openDatabase } from '../core/platform/database.ts'
import type { Logger } from '../core/platform/log.ts'
import { createMediaLinks, createSystemMediaLinks, createUploadLinks } from '../core/platform/media-links.ts'
import { parseNetwork } from '../core/platform/networks.ts'
import { createOutbound } from '../core/platform/outbound.ts'
import { withDeadline } from '../core/platform/retry.ts'
import { createSealer } from '../core/platform/sealing.ts'
import { openStore, openSystemStore } from '../core/platform/store.ts'
import { createProjectService } from '../core/projects/service.ts'
import { createInvitationService } from '../core/teams/invitations.ts'
import { createInvitingService } from '../core/teams/inviting.ts'
import { createMemberService } from '../core/teams/members.ts'
import { createTeamService } from '../core/teams/teams.ts'
import { createWebhookService } from '../core/webhooks/service.ts'
import { loadWorkflows, workflowDirs } from '../core/workflows/load.ts'
import pkg from '../package.json' with { type: 'json' }
import { createAddressOf } from './addresses.ts'
import { createAdmit } from './admission.ts'
import { createApp } from './app.ts'
import { createCallMeter } from './call-meter.ts'
import type { Handler } from './context.ts'
import { createAuthenticator } from './credentials.ts'
import { createChannels } from './live/channels.ts'
import { createGate } from './live/gate.ts'
import { startLive } from './live/live.ts'
import { openWebSocketDoor } from './live/websocket.ts'
import { createRateLimits } from './rate-limits.ts'
import { type ServerTimings, TIMINGS } from './timings.ts'

const STATEMENT_TIMEOUT_MS = 5_000
const MAX_HEADER_BYTES = 16_384
const KEEP_ALIVE_MS = 65_000
/** How long closing the pools may take. */
const POOL_CLOSE_MS = 2_000

export type RunningServer = {
  readonly url: string
  /**
   * Makes a set-up link for an installation without accounts; null when there are some. Rejects while the database is away
   * or not migrated.
   */
  createSetupLink(): Promise<string | null>
  /** Goes in order: says not ready, keeps serving for the grace time, finishes requests, ends streams, closes pools. */
  close(): Promise<void>
}

export type StartOptions = {
  log: Logger
  timings?: Partial<ServerTimings>
  /** Sees every exchange from outside: request in, finished reply out. Tests hold replies to the API's document with it. */
  observer?: Handler
}

/** What Node refuses before there is a request: answered in words where there is still somebody to answer. */
function answerBrokenRequests(server: Server): void {
  const replies: Record<string, [number, string]> = {
    HPE_HEADER_OVERFLOW: [431, 'headers may have 16 kB'],
    ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return socket.destroy()
    const [status, text] = replies[error.code ?? ''] ?? [400, 'this is not an HTTP request']
    const body = JSON.stringify({ error: { code: 'VALIDATION_ERROR', message: `Validation error: ${text}` } })
    socket.end(
      `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
  })
}

/** Pools whose idle connections may be cut without ending the process: the next query finds out by itself. */
function survivesCutConnections({ pool, system }: Database, log: Logger): void {
  const note = (error: Error): void => log.warn({ err: error }, 'lost a database connection')
  for (const each of [pool, system]) {
    each.on('error', note)
    each.on('connect', (client) => client.on('error', note))
  }
}

/**
 * Starts a server. The database need not be there yet: until it is, requests get 503.
 * @throws when the port is taken or a workflow file is broken
 */
export async function startServer(config: Config, options: StartOptions): Promise<RunningServer> {
  const { log } = options
  const timings = { ...TIMINGS, ...options.timings }
  const workflows = await loadWorkflows(workflowDirs(config))
  const db = await openDatabase({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    applicationName: 'framecast-server',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    role: 'app',
  })
  survivesCutConnections(db, log)
  const store = openStore(config)
  const media = createMediaLinks(config, store)
  const uploadLinks = createUploadLinks(config, store)
  const systemStore = openSystemStore(config)
  const systemMedia = createSystemMediaLinks(config, systemStore)
  const jobs = createJobService({ db, config, workflows })
  const cache = createCacheService({ db })
  const projects = createProjectService({ db, jobs })
  const sessions = sessionKeys(config)
  const external = createExternalTokens(config)
  const authenticator = createAuthenticator({ db, config, sessions, external, log })
  const addressOf = createAddressOf(config.TRUSTED_PROXIES.flatMap((text) => parseNetwork(text) ?? []))
  const rateLimits = createRateLimits(db.system, config, addressOf)
  const calls = createCallMeter(db.system, log, timings.meterMs)
  const admit = createAdmit({ authenticator, rateLimits, calls })
  const gate = createGate()
  const live = startLive({
    pool: db.system,
    databaseUrl: config.DATABASE_URL,
    media,
    log,
    pollMs: timings.pollMs,
    presenceMs: timings.presenceMs,
  })
  const inspector = createInspector()
  const closing = new AbortController()
  let ready = true

  const deps = {
    config,
    log,
    version: pkg.version,
    db,
    store,
    media,
    systemStore,
    systemMedia,
    jobs,
    cache,
    projects,
    teams: createTeamService({ db, config }),
    members: createMemberService({ db }),
    inviting: createInvitingService({ db, config, log }),
    invitations: createInvitationService({ db }),
    assets: createAssetService({ db, store, media, uploadLinks, quotas: config, inspector }),
    uploadLinks,
    systemAssets: createSystemAssetService({ db, media: systemMedia }),
    webhooks: createWebhookService({
      db,
      media,
      outbound: createOutbound(config),
      sealer: createSealer(config.DATA_KEY, 'webhooks'),
    }),
    engines: createEngineService({ db, config }),
    accounts: { db, config, passwords: createPasswords(), sessions },
    keys: createKeyService({ db }),
    authenticator,
    admit,
    rateLimits,
    addressOf,
    hub: live.hub,
    gate,
    timings,
    isReady: () => ready,
    closing: closing.signal,
  }
  const app = createApp(deps, options.observer)
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: timings.headersMs,
      requestTimeout: timings.headersMs + timings.bodyMs,
      connectionsCheckingInterval: Math.min(1_000, timings.headersMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    },
    app.callback(),
  )
  answerBrokenRequests(server)
  const sockets = openWebSocketDoor(server, {
    config,
    authenticator,
    admit,
    gate,
    log,
    timings,
    closing: closing.signal,
    channels: createChannels({
      hub: live.hub,
      notes: live.notes,
      engines: live.engines,
      findJob: jobs.find,
      findProject: projects.find,
    }),
  })
  const connections = new Set<Socket>()
  server.on('connection', (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })

  async function closePools(): Promise<void> {
    await Promise.all([live.close(), inspector.close()])
    await withDeadline(calls.close(), POOL_CLOSE_MS, 'the last requests were not counted').catch((error) =>
      log.warn({ err: error }, 'counting requests'),
    )
    await withDeadline(db.close(), POOL_CLOSE_MS, 'the database connections did not close').catch((error) =>
      log.warn({ err: error }, 'closing the database'),
    )
  }

  server.listen(config.PORT, config.HOST)
  try {
    await once(server, 'listening')
  } catch (error) {
    await closePools()
    throw error
  }
  const { port } = server.address() as AddressInfo
  const host = config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST

  async function close(): Promise<void> {
    ready = false
    log.info({ grace_ms: timings.graceMs }, 'closing: not ready any more')
    await sleep(timings.graceMs)
    const stopped = once(server, 'close')
    server.close()
    closing.abort()
    sockets.closeAll()
    const drained = await withDeadline(stopped, timings.drainMs, 'requests are still running').then(
      () => true,
      () => false,
    )
    if (!drained) {
      log.warn({ connections: connections.size }, 'cutting what is still open')
      for (const socket of connections) socket.destroy()
    }
    await closePools()
    log.info('closed')
  }
  let closed: Promise<void> | null = null

  return {
    url: `http://${host}:${port}`,
    createSetupLink: () => createSetupLink(db.system, config),
    close() {
      closed ??= close()
      return closed
    },
  }
}
