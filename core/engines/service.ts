/** The servers of the engines as people see them: how they do, what they have; and what an operator may do about them. */
import { setTimeout as pause } from 'node:timers/promises'
import type { QueryResultRow } from 'pg'
import type { Engine, EngineCatalogue, EngineHealth } from '../../schemas/types.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { audit } from '../audit/audit.ts'
import type { Config } from '../platform/config.ts'
import { type Database, type Queryable, transaction } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { lackOf, type WorkflowFit } from '../workflows/host-facts.ts'
import type { BreakerState } from './breaker.ts'
import { healthOf } from './health.ts'
import { ringFor } from './places.ts'
import { readStandings } from './standing.ts'

type Row = QueryResultRow & {
  engine: Engine['kind']
  slug: string
  key: string
  label: string
  places: number
  in_use: number
  drained: boolean
  blocked_reason: string | null
  loaded: string | null
  workflows: Record<string, WorkflowFit>
  breaker: BreakerState
  probe_age_ms: number | null
  probe_failures: number
  checked_at: Date | null
  latency_ms: number | null
  queue_running: number | null
  queue_pending: number | null
  vram_total: number | null
  vram_free: number | null
  version: string | null
  last_error: string | null
  recent_failures: { at: string; message: string }[]
  now_ms: number
}

const COLUMNS = `h.engine, h.slug, h.key, h.label, h.places, h.drained_at is not null as drained, h.blocked_reason, h.loaded,
  h.workflows, h.breaker, (extract(epoch from now() - h.probed_at) * 1000)::float as probe_age_ms, h.probe_failures,
  h.probed_at as checked_at, h.latency_ms, h.queue_running, h.queue_pending, h.vram_total_bytes::float as vram_total,
  h.vram_free_bytes::float as vram_free, h.version, h.last_error, h.recent_failures, (extract(epoch from now()) * 1000)::float as now_ms,
  (select count(*)::int from job_steps s
   where s.engine = h.engine and s.host = h.key and s.state in ('ready', 'running')) as in_use`

/** Servers that somebody named within this time. */
const SEEN = `h.slug is not null and (h.seen_at > now() - interval '1 day' or h.drained_at is not null)`

/** Servers that workers look at; a cloud endpoint is none of them. */
export async function listEngines(db: Queryable): Promise<Engine[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from engine_hosts h where ${SEEN} order by h.engine, h.slug`,
  )
  return rows.map(present)
}

const CLOUD_SLUG = 'runpod'

type CloudConfig = Pick<Config, 'RUNPOD_API_KEY' | 'RUNPOD_CONCURRENCY'>

/**
 * The cloud endpoint, where one is configured. Nobody looks at it, since looking costs money when it wakes machines: how it
 * does is known by its last scene of the hour.
 */
async function cloudEngine(db: Queryable, config: CloudConfig): Promise<Engine | null> {
  if (config.RUNPOD_API_KEY === '') return null
  const { rows } = await db.query<{
    in_use: number
    last: { ok: boolean; at: string; error: string | null } | null
  }>(
    `select (select count(*)::int from job_steps where state = 'running' and kind = 'scene' and engine = $1) as in_use,
       (select json_build_object('ok', state = 'done', 'at', updated_at, 'error', error ->> 'message') from job_steps
        where engine = $1 and kind = 'scene' and started_at > now() - interval '1 hour' and state in ('done', 'failed')
        order by started_at desc limit 1) as last`,
    [CLOUD_SLUG],
  )
  const { in_use, last } = rows[0]!
  return {
    slug: CLOUD_SLUG,
    kind: 'runpod',
    name: 'RunPod',
    team_id: null,
    enabled: true,
    drain: false,
    concurrency: config.RUNPOD_CONCURRENCY,
    in_use,
    loaded: [],
    capabilities: { stages: ['scene'], workflows: [] },
    health: {
      state: last === null ? 'unknown' : last.ok ? 'healthy' : 'degraded',
      checked_at: last === null ? null : new Date(last.at).toISOString(),
      latency_ms: null,
      queue_running: null,
      queue_pending: null,
      vram_total: null,
      vram_free: null,
      version: null,
      last_error: last?.error ?? null,
    },
  }
}

/** @throws {Problem} NOT_FOUND */
export async function findEngine(db: Queryable, slug: string): Promise<Engine> {
  return present(await find(db, slug))
}

async function find(db: Queryable, slug: string): Promise<Row> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from engine_hosts h where ${SEEN} and h.slug = $1`,
    [slug],
  )
  if (rows[0]) return rows[0]
  throw new Problem('NOT_FOUND', 'no such engine')
}

function present(row: Row): Engine {
  const facts = { ...row, vramTotalBytes: row.vram_total, ramTotalBytes: null }
  const able = Object.entries(row.workflows)
    .filter(([slug, { digest }]) => lackOf(facts, { slug, digest }) === null)
    .map(([slug]) => slug)
    .sort()
  return {
    slug: row.slug,
    kind: row.engine,
    name: row.label,
    team_id: null,
    enabled: true,
    drain: row.drained,
    concurrency: row.places,
    in_use: row.in_use,
    loaded: row.loaded === null || row.loaded === '' ? [] : row.loaded.split(', '),
    capabilities: { stages: ['scene'], workflows: able },
    health: presentHealth(row),
    recent_failures: row.recent_failures.map(({ at, message }) => ({
      at: new Date(at).toISOString(),
      message,
    })),
  }
}

function presentHealth(row: Row): EngineHealth {
  const { probe_age_ms, probe_failures, breaker, blocked_reason, queue_running, queue_pending, vram_free } =
    row
  const queued = queue_running === null ? null : queue_running + (queue_pending ?? 0)
  const state = healthOf(
    {
      probeAgeMs: probe_age_ms,
      probeFailures: probe_failures,
      breaker,
      blocked: blocked_reason !== null,
      queued,
      vramFreeBytes: vram_free,
    },
    row.now_ms,
  )
  return {
    state,
    checked_at: row.checked_at?.toISOString() ?? null,
    latency_ms: row.latency_ms === null ? null : Math.round(row.latency_ms),
    queue_running,
    queue_pending,
    vram_total: row.vram_total,
    vram_free,
    version: row.version,
    last_error: blocked_reason ?? (state === 'healthy' ? null : row.last_error),
  }
}

/** @throws {Problem} NOT_FOUND, also when nobody has read it yet */
async function findCatalogue(db: Queryable, slug: string): Promise<EngineCatalogue> {
  await find(db, slug)
  const { rows } = await db.query<{
    catalogue: Record<string, { pack: string | null; files: Record<string, string[]> }> | null
    hash: string | null
    at: Date | null
  }>(`select catalogue, catalogue_hash as hash, catalogue_at as at from engine_hosts where slug = $1`, [slug])
  const row = rows[0]
  if (!row?.catalogue || !row.hash || !row.at)
    throw new Problem('NOT_FOUND', 'no catalogue of this engine has been read yet')
  const node_classes = Object.entries(row.catalogue)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { pack, files }]) => ({ name, pack, files }))
  return { engine: slug, hash: row.hash, fetched_at: row.at.toISOString(), node_classes }
}

const requireOperator = ({ isOperator }: UserPrincipal): void => {
  if (!isOperator)
    throw new Problem('AUTHORIZATION_ERROR', 'only an operator of this installation may do this')
}

/**
 * Keeps work from a server: it finishes what it has and takes nothing more.
 * @returns false when there is no such server
 */
export const drainHost = (client: Queryable, slug: string, actorId: string | null): Promise<boolean> =>
  change(client, slug, actorId, 'drain_engine_host', 'engine.drained')

/** Lets a server have work again; what was held against it is forgotten, and whoever waits is rung for. */
export const resumeHost = (client: Queryable, slug: string, actorId: string | null): Promise<boolean> =>
  change(client, slug, actorId, 'resume_engine_host', 'engine.resumed')

async function change(
  client: Queryable,
  slug: string,
  actorId: string | null,
  work: 'drain_engine_host' | 'resume_engine_host',
  action: string,
): Promise<boolean> {
  const { rows } = await client.query<{ engine: string }>('select engine from engine_hosts where slug = $1', [
    slug,
  ])
  const row = rows[0]
  if (!row) return false
  await client.query(`select ${work}($1)`, [slug])
  await audit(client, {
    action,
    subjectType: 'engine',
    subjectId: null,
    teamId: null,
    actorId,
    actorKind: 'operator',
    details: { slug },
  })
  await ringFor(client, row.engine)
  return true
}

const LOOK_LIMIT_MS = 15_000
const LOOK_EVERY_MS = 100

export function createEngineService({ db, config }: { db: Database; config: CloudConfig }) {
  const system = db.system

  /** Has a worker look at a server, and waits for it. */
  async function look(slug: string, refresh: boolean): Promise<void> {
    const { engine, key } = await find(system, slug)
    const column = refresh ? 'catalogue_at' : 'probed_at'
    const seen = async (): Promise<number> => {
      const { rows } = await system.query<{ at: number | null }>(
        `select extract(epoch from ${column})::float as at from engine_hosts where slug = $1`,
        [slug],
      )
      return rows[0]?.at ?? 0
    }
    const before = await seen()
    await system.query('select enqueue_look($1, $2, $3)', [engine, key, refresh])
    for (const until = performance.now() + LOOK_LIMIT_MS; performance.now() < until; ) {
      if ((await seen()) > before) return
      await pause(LOOK_EVERY_MS)
    }
    throw new Problem('SERVICE_UNAVAILABLE', 'no worker could look at this engine in time', {
      reason: 'no_worker',
      retryAfterS: 15,
    })
  }

  async function read(slug: string): Promise<Engine> {
    const cloud = slug === CLOUD_SLUG ? await cloudEngine(system, config) : null
    return cloud ?? findEngine(system, slug)
  }

  async function list(): Promise<Engine[]> {
    const [servers, cloud] = await Promise.all([listEngines(system), cloudEngine(system, config)])
    return cloud ? [...servers, cloud] : servers
  }

  /** @param reader for whom their work is told too; null: it is not */
  async function withStanding(engines: readonly Engine[], reader: UserPrincipal | null): Promise<Engine[]> {
    if (!reader) return [...engines]
    const standings = await readStandings(db, reader)
    return engines.map((engine) => ({ ...engine, standing: standings(engine) }))
  }

  return {
    /** By kind and slug. */
    list: async (reader: UserPrincipal | null = null): Promise<Engine[]> =>
      withStanding(await list(), reader),
    find: async (slug: string, reader: UserPrincipal | null = null): Promise<Engine> =>
      (await withStanding([await read(slug)], reader))[0]!,
    health: async (slug: string) => (await read(slug)).health,
    catalogue: (slug: string) => findCatalogue(system, slug),
    async drain(principal: UserPrincipal, slug: string): Promise<Engine> {
      requireOperator(principal)
      await find(system, slug)
      await transaction(system, (client) => drainHost(client, slug, principal.userId))
      return findEngine(system, slug)
    },
    async resume(principal: UserPrincipal, slug: string): Promise<Engine> {
      requireOperator(principal)
      await find(system, slug)
      await transaction(system, (client) => resumeHost(client, slug, principal.userId))
      return findEngine(system, slug)
    },
    async test(principal: UserPrincipal, slug: string): Promise<EngineHealth> {
      requireOperator(principal)
      await look(slug, false)
      return presentHealth(await find(system, slug))
    },
    async refreshCatalogue(principal: UserPrincipal, slug: string): Promise<EngineCatalogue> {
      requireOperator(principal)
      await look(slug, true)
      return findCatalogue(system, slug)
    },
  }
}

export type EngineService = ReturnType<typeof createEngineService>
