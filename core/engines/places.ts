/**
 * Places on servers. A scene holds one in its own row, from its claim to the end of its engine's work, so that a place
 * goes with the step's lease and no two workers overfill a server. A bell says only that there may be work: which scene
 * is taken, and by which server, is decided here.
 */
import type { Pool } from 'pg'
import { type ClaimedStep, claimStep } from '../jobs/steps.ts'
import { type Queryable, transaction } from '../platform/database.ts'
import { type HostFacts, lackOf, type WorkflowFit } from '../workflows/host-facts.ts'
import { holds, requirementsOf } from '../workflows/requirements.ts'
import type { WorkflowTemplate } from '../workflows/types.ts'
import { type BreakerState, isHalfOpen } from './breaker.ts'
import { healthOf } from './health.ts'
import { choosePlacement, type Fit, type PoolHost, type WaitingScene } from './placement.ts'

export type PlaceRequest = {
  engine: string
  /** Servers that this worker can reach. */
  keys: readonly string[]
  worker: string
  workflows: ReadonlyMap<string, WorkflowTemplate>
}

/** So many waiting scenes are looked at; those behind them come up as these go. */
const MOST_WAITING = 200
/** Claims come to nothing when a job ends at the same moment, or when somebody makes the same clip already. */
const MOST_TRIES = 10

type HostRow = {
  key: string
  label: string
  places: number
  busy: number
  version: string | null
  vram_total_bytes: number | null
  ram_total_bytes: number | null
  workflows: Record<string, WorkflowFit>
  probe_age_ms: number | null
  probe_failures: number
  queued: number | null
  vram_free_bytes: number | null
  drained: boolean
  blocked: boolean
  breaker: BreakerState
  loaded: string | null
}

type WaitingRow = {
  id: string
  workflow: string
  host: string | null
  failed_on: string[]
  vram_above: number | null
}

type State = { now_ms: number; hosts: HostRow[] | null; waiting: WaitingRow[] | null; overtaken: number }

/** The weights of a workflow as one text, to compare with what a server has loaded. */
export const modelsOf = (template: Pick<WorkflowTemplate, 'models'> | undefined): string =>
  template?.models.join(', ') ?? ''

const READ_STATE = `
  with waiting as (
    select s.id, s.ready_at, s.input ->> 'workflow' as workflow, s.host, s.failed_hosts, s.vram_above
    from job_steps s join jobs j on j.id = s.job_id and j.status in ('queued', 'processing')
    where s.engine = $1 and s.kind = 'scene' and s.state = 'ready' and s.ready_at <= now()
    order by s.ready_at, s.id limit ${MOST_WAITING}
  ), busy as (
    select host, count(*)::int as busy from job_steps
    where engine = $1 and host = any($2::text[]) and state in ('ready', 'running') group by host
  ), head as (select id, ready_at from waiting order by ready_at, id limit 1)
  select extract(epoch from clock_timestamp()) * 1000 as now_ms,
    (select json_agg(json_build_object('key', h.key, 'label', h.label, 'places', h.places, 'busy', coalesce(b.busy, 0),
       'version', h.version, 'vram_total_bytes', h.vram_total_bytes, 'ram_total_bytes', h.ram_total_bytes,
       'workflows', h.workflows, 'probe_age_ms', extract(epoch from now() - h.probed_at) * 1000,
       'probe_failures', h.probe_failures, 'queued', h.queue_running + h.queue_pending,
       'vram_free_bytes', h.vram_free_bytes, 'drained', h.drained_at is not null, 'blocked', h.blocked_at is not null,
       'breaker', h.breaker, 'loaded', h.loaded) order by h.key)
     from engine_hosts h left join busy b on b.host = h.key where h.engine = $1 and h.key = any($2::text[])) as hosts,
    (select json_agg(json_build_object('id', id, 'workflow', workflow, 'host', host, 'failed_on', failed_hosts,
       'vram_above', vram_above) order by ready_at, id) from waiting) as waiting,
    (select count(*)::int from job_steps o, head
     where o.engine = $1 and o.kind = 'scene' and o.started_at >= head.ready_at
       and (o.ready_at, o.id) > (head.ready_at, head.id)) as overtaken`

/**
 * Claims the next scene for the servers of this worker, with its place. Null: nothing waits, or there is no place; the
 * end of a scene, and what else makes room, rings again.
 */
export async function takePlace(pool: Pool, request: PlaceRequest): Promise<ClaimedStep | null> {
  return transaction(pool, async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtext('framecast.places.' || $1))`, [request.engine])
    for (let n = 0; n < MOST_TRIES; n += 1) {
      const state = await readState(client, request)
      const taken = state && (await takeFrom(client, state, request))
      if (taken !== 'gone') return taken
    }
    await ringFor(client, request.engine)
    return null
  })
}

async function readState(client: Queryable, { engine, keys }: PlaceRequest): Promise<State | null> {
  const { rows } = await client.query<State>(READ_STATE, [engine, keys])
  return rows[0]?.waiting ? rows[0] : null
}

async function takeFrom(
  client: Queryable,
  state: State,
  { engine, keys, worker, workflows }: PlaceRequest,
): Promise<ClaimedStep | null | 'gone'> {
  const rows = new Map((state.hosts ?? []).map((row) => [row.key, row]))
  const hosts = [...rows.values()].map((row) => toHost(row, state.now_ms))
  const slugs = new Map((state.waiting ?? []).map(({ id, workflow }) => [id, workflow]))
  const waiting = (state.waiting ?? []).map(toScene(workflows))
  const fitOf = (scene: WaitingScene, { key }: PoolHost): Fit =>
    fits(rows.get(key)!, workflows.get(slugs.get(scene.id) ?? ''))
  const placement = choosePlacement(waiting, hosts, fitOf, state.overtaken)
  if (!placement) {
    await passOn(client, state, engine, keys)
    return null
  }
  const step = await claimStep(client, placement.scene, worker, placement.host)
  if (!step) return 'gone'
  const chosen = hosts.find(({ key }) => key === placement.host)
  const scene = waiting.find(({ id }) => id === placement.scene)
  if (chosen && scene && scene.models !== '' && chosen.loaded !== scene.models)
    await client.query(
      `update engine_hosts set loaded = $3, swaps = swaps + case when loaded is null then 0 else 1 end
       where engine = $1 and key = $2`,
      [engine, chosen.key, scene.models],
    )
  // One bell for one claim: whoever takes a scene rings for the next while there is room.
  const room = hosts.reduce((sum, { usable, room }) => sum + (usable ? Math.max(0, room) : 0), 0)
  if (waiting.length > 1 && room > 1) await ringFor(client, engine)
  return step
}

/** This bell may have been meant for a worker that reaches other servers: it rings once more. */
async function passOn(
  client: Queryable,
  { waiting }: State,
  engine: string,
  keys: readonly string[],
): Promise<void> {
  await client.query(
    `select enqueue_step($3, interval '1 second') where exists (
       select 1 from engine_hosts h
       where h.engine = $1 and h.key <> all($2::text[]) and h.drained_at is null and h.blocked_at is null
         and h.probe_failures = 0 and h.probed_at > now() - interval '1 minute'
         and h.places > (select count(*) from job_steps b
           where b.engine = $1 and b.host = h.key and b.state in ('ready', 'running')))`,
    [engine, keys, waiting?.[0]?.id],
  )
}

const toScene =
  (workflows: ReadonlyMap<string, WorkflowTemplate>) =>
  ({ id, workflow, host, failed_on, vram_above }: WaitingRow): WaitingScene => ({
    id,
    models: modelsOf(workflows.get(workflow)),
    host,
    failedOn: failed_on,
    vramAbove: vram_above,
  })

function toHost(row: HostRow, nowMs: number): PoolHost {
  const health = healthOf(
    {
      probeAgeMs: row.probe_age_ms,
      probeFailures: row.probe_failures,
      breaker: row.breaker,
      blocked: row.blocked,
      queued: row.queued,
      vramFreeBytes: row.vram_free_bytes,
    },
    nowMs,
  )
  const places = isHalfOpen(row.breaker, nowMs) ? 1 : row.places
  return {
    key: row.key,
    room: places - row.busy,
    busy: row.busy,
    queued: row.queued ?? 0,
    answers: row.probe_failures === 0,
    usable: health !== 'down' && !row.drained,
    loaded: row.loaded,
    vramTotalBytes: row.vram_total_bytes,
  }
}

/** A card with less memory than a workflow is known to run with may still manage, slowly. */
function fits(row: HostRow, template: WorkflowTemplate | undefined): Fit {
  if (!template) return 'lacks'
  const facts: HostFacts = {
    key: row.key,
    label: row.label,
    version: row.version,
    vramTotalBytes: row.vram_total_bytes,
    ramTotalBytes: row.ram_total_bytes,
    workflows: row.workflows,
  }
  if (lackOf(facts, template) !== null) return 'lacks'
  const { vramGb } = requirementsOf(template)
  if (vramGb === null || row.vram_total_bytes === null) return 'fits'
  return holds(row.vram_total_bytes, vramGb) ? 'fits' : 'cramped'
}

/** Rings for the scene that waits longest on an engine, if one waits. */
export async function ringFor(db: Queryable, engine: string): Promise<void> {
  await db.query('select ring_engine($1)', [engine])
}

/**
 * Gives a scene's place up, and rings for whoever waits for it. Not waited for by the disk: a place that a crash of the
 * database brings back goes with the step.
 */
export async function releasePlace(
  pool: Pool,
  step: Pick<ClaimedStep, 'id' | 'attempt' | 'engine'>,
): Promise<void> {
  await transaction(pool, async (client) => {
    await client.query(`set local synchronous_commit = off`)
    await client.query(
      `update job_steps set host = null where id = $1 and attempt = $2 and state = 'running'`,
      [step.id, step.attempt],
    )
    await ringFor(client, step.engine ?? '')
  })
}
