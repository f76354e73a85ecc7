/**
 * What callers do with jobs: the rules in the order in which they are checked, over the guarded SQL beside this file.
 * Knows nothing of HTTP; every refusal is a `Problem`.
 */
import type { PoolClient } from 'pg'
import { creditSource, objectPrefix, parseOwner } from '../access/owner.ts'
import type { Principal, UserPrincipal } from '../access/principal.ts'
import { chooseOwner, reachableOwners, reachOf, SYSTEM, teamOf } from '../access/reach.ts'
import { can, type TeamRole } from '../access/roles.ts'
import { addStorage } from '../accounts/storage.ts'
import type { Config, EngineKind } from '../platform/config.ts'
import type { Database } from '../platform/database.ts'
import { Problem, sqlState, violatedConstraint } from '../platform/errors.ts'
import { fault } from '../platform/faults.ts'
import { newId } from '../platform/ids.ts'
import { afterKey, cutPage, type Page, type PageKey, pageOptions } from '../platform/page.ts'
import { emAs, queryableAs, transactionAs, widen } from '../platform/reach.ts'
import { type Estimate, estimate } from '../storyboard/estimate.ts'
import { planShots } from '../storyboard/plan.ts'
import { parseOptions, type RenderOptions } from '../storyboard/render-options.ts'
import type { SourceMap } from '../storyboard/source-map.ts'
import type { Storyboard } from '../storyboard/types.ts'
import type { ValidationResult } from '../storyboard/validate.ts'
import { clipKey, sceneSeed } from './content-keys.ts'
import { balanceOf, charge } from './credits.ts'
import { type Job, JobSchema } from './entities.ts'
import { appendEvent } from './events.ts'
import { recipeFor, type WorkflowLibrary } from './recipe.ts'
import { findCachedClips } from './scene-cache.ts'
import { checkSpec, imageHashes } from './spec-check.ts'
import { insertSteps } from './steps.ts'
import { cancelJob } from './transitions.ts'
import { isTerminal, type JobStatus } from './types.ts'

export type AcceptRequest = {
  spec: unknown
  /** Of a storyboard that came as text: puts line, column and source line to what is wrong with it. */
  source?: SourceMap | null
  owner?: string | null | undefined
  options?: unknown
  idempotencyKey?: string | null | undefined
}

/** Drawing an animatic takes about as long as it plays (two cores, 720p). */
const PREVIEW_SECONDS_PER_SECOND = 1

export type JobFilter = {
  status?: JobStatus
  owner?: string
  projectId?: string
  createdAfter?: Date
  createdBefore?: Date
}

export type JobPage = { jobs: Job[]; next: PageKey | null }

export type JobServiceDeps = { db: Database; config: Config; workflows: WorkflowLibrary }

export type JobService = ReturnType<typeof createJobService>

type Accepted = { job: Job; replayed: boolean }

export function createJobService({ db, config, workflows }: JobServiceDeps) {
  const queryable = (principal: UserPrincipal) => queryableAs(db.pool, reachOf(principal))

  const readBack = (principal: UserPrincipal, id: string): Promise<Job> =>
    emAs(db, reachOf(principal), (em) => em.findOneOrFail(JobSchema, { id }))

  /** The engine that will do the work, or a refusal that says what is missing here. */
  function chooseEngine(asked: RenderOptions['engine']): EngineKind {
    const engine = asked === 'auto' ? config.DEFAULT_ENGINE : asked
    if (engine === 'comfyui' && config.COMFYUI_URLS.length > 0) return engine
    if (engine === 'preview' && config.PREVIEW_URL !== '') return engine
    throw new Problem('VALIDATION_ERROR', `options.engine: this installation has no ${engine} engine`)
  }

  function readOptions(raw: unknown): RenderOptions {
    const parsed = parseOptions(raw ?? {})
    if ('problems' in parsed) {
      throw new Problem('VALIDATION_ERROR', parsed.problems.map((problem) => problem.message).join('; '), {
        details: { errors: parsed.problems },
      })
    }
    return parsed.options
  }

  async function validate(
    principal: UserPrincipal,
    spec: unknown,
    source: SourceMap | null = null,
  ): Promise<ValidationResult> {
    return checkSpec(queryable(principal), spec, reachableOwners(principal), source)
  }

  async function requireValid(
    principal: UserPrincipal,
    { spec, source }: Pick<AcceptRequest, 'spec' | 'source'>,
  ): Promise<ValidationResult> {
    const result = await validate(principal, spec, source)
    if (!result.valid) {
      const count = result.errors.length
      const first = result.errors[0]!
      throw new Problem(
        'VALIDATION_ERROR',
        `the storyboard has ${count} ${count === 1 ? 'error' : 'errors'}; the first, at ${first.path || 'the root'}: ${first.message}`,
        { details: result },
      )
    }
    return result
  }

  /** Which distinct scenes the owner has as clips already: those cost nothing. */
  async function knownScenes(
    principal: UserPrincipal,
    storyboard: Storyboard,
    options: RenderOptions,
    engine: EngineKind,
    owner: string,
  ): Promise<Set<string>> {
    const plan = planShots(storyboard, options)
    const recipe = recipeFor(workflows, engine, options.workflow, config.ACCEPTED_LICENCES)
    const hashes = await imageHashes(queryable(principal), storyboard)
    const keys = new Map(
      plan.clips.map((clip) => [
        clip.sceneId,
        clipKey(
          { title: plan.title, format: plan.format, scenesTotal: storyboard.scenes.length },
          clip,
          recipe,
          sceneSeed(clip, options.seed ?? null),
          hashes,
        ),
      ]),
    )
    const cached = await findCachedClips(queryable(principal), creditSource(owner), [...keys.values()])
    return new Set([...keys].filter(([, key]) => cached.has(key)).map(([sceneId]) => sceneId))
  }

  async function reckon(
    principal: UserPrincipal,
    storyboard: Storyboard,
    options: RenderOptions,
    engine: EngineKind,
    owner: string,
  ): Promise<Estimate> {
    const rates = {
      creditsPerSecond: config.CREDITS_PER_SECOND,
      gpuSecondsPerVideoSecond:
        engine === 'preview' ? PREVIEW_SECONDS_PER_SECOND : config.GPU_SECONDS_PER_VIDEO_SECOND,
      engine,
    }
    return estimate(
      storyboard,
      options,
      rates,
      await knownScenes(principal, storyboard, options, engine, owner),
    )
  }

  async function byIdempotencyKey(principal: UserPrincipal, key: string | null): Promise<Job | null> {
    if (key === null) return null
    return emAs(db, reachOf(principal), (em) =>
      em.findOne(JobSchema, { triggeredBy: principal.userId, idempotencyKey: key }),
    )
  }

  /** Job, charge, first event, first step and its queue row: all of it in one transaction, or nothing. */
  async function insertJob(
    client: PoolClient,
    principal: UserPrincipal,
    job: {
      id: string
      owner: string
      spec: unknown
      options: object
      engine: EngineKind
      credits: number
      idempotencyKey: string | null
    },
  ): Promise<void> {
    await client.query(
      `insert into jobs (id, owner, triggered_by, spec_snapshot, options, engine, credits_charged, idempotency_key, progress)
       values ($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, $8, '{"phase":"queued","percent":0}')`,
      [
        job.id,
        job.owner,
        principal.userId,
        JSON.stringify(job.spec),
        JSON.stringify(job.options),
        job.engine,
        job.credits,
        job.idempotencyKey,
      ],
    )
    await charge(client, job, job.credits, config.CREDITS_MODE)
    await appendEvent(client, job.id, 'queued', {})
    await insertSteps(client, job.id, [], { kind: 'plan', key: '', task: 'plan' })
    fault('server.generate.before_commit')
  }

  async function accept(principal: UserPrincipal, request: AcceptRequest): Promise<Accepted> {
    const owner = chooseOwner(principal, request.owner, 'jobs.create')
    const idempotencyKey = request.idempotencyKey ?? null
    const earlier = await byIdempotencyKey(principal, idempotencyKey)
    if (earlier) return { job: earlier, replayed: true }

    const options = readOptions(request.options)
    await requireValid(principal, request)
    const storyboard = request.spec as Storyboard
    const engine = chooseEngine(options.engine)
    const recipe = recipeFor(workflows, engine, options.workflow, config.ACCEPTED_LICENCES)
    const credits =
      config.CREDITS_MODE === 'off'
        ? 0
        : (await reckon(principal, storyboard, options, engine, owner)).estimated_credits

    const id = newId()
    try {
      await transactionAs(db.pool, reachOf(principal), (client) =>
        insertJob(client, principal, {
          id,
          owner,
          spec: request.spec,
          options: { ...options, workflow: recipe.workflow },
          engine,
          credits,
          idempotencyKey,
        }),
      )
      fault('server.generate.after_commit')
    } catch (error) {
      const constraint = sqlState(error) === '23505' ? violatedConstraint(error) : null
      if (constraint === 'jobs_idempotency') {
        const winner = await byIdempotencyKey(principal, idempotencyKey)
        if (winner) return { job: winner, replayed: true }
      }
      if (constraint === 'jobs_starter_concurrency')
        throw new Problem('CONFLICT', 'one of your renders is still active; wait for it or cancel it')
      if (constraint === 'jobs_owner_concurrency')
        throw new Problem('CONFLICT', 'this owner has five active renders; wait for one or cancel it')
      throw error
    }
    return { job: await readBack(principal, id), replayed: false }
  }

  /** @throws {Problem} NOT_FOUND, also for a job out of reach */
  async function find(principal: Principal, id: string): Promise<Job> {
    const isForeignLink = principal.kind === 'watch' && principal.jobId !== id
    const condition = principal.kind === 'watch' ? { id } : { id, owner: { $in: reachableOwners(principal) } }
    const job = isForeignLink
      ? null
      : await emAs(db, reachOf(principal), (em) => em.findOne(JobSchema, condition))
    if (!job) throw new Problem('NOT_FOUND', 'no such job')
    return job
  }

  async function list(principal: UserPrincipal, filter: JobFilter, page: Page): Promise<JobPage> {
    const owners = reachableOwners(principal).filter(
      (urn) => filter.owner === undefined || urn === filter.owner,
    )
    if (owners.length === 0) return { jobs: [], next: null }
    const found = await emAs(db, reachOf(principal), (em) =>
      em.find(
        JobSchema,
        {
          owner: { $in: owners },
          ...(filter.status ? { status: filter.status } : {}),
          ...(filter.projectId ? { projectId: filter.projectId } : {}),
          $and: [
            filter.createdAfter ? { createdAt: { $gt: filter.createdAfter } } : {},
            filter.createdBefore ? { createdAt: { $lt: filter.createdBefore } } : {},
            afterKey(page),
          ],
        },
        pageOptions(page),
      ),
    )
    const { rows, next } = cutPage(found, page)
    return { jobs: rows, next }
  }

  return {
    accept,
    find,
    list,
    validate,

    /** What a render would take. Spends and reserves nothing. */
    async estimate(
      principal: UserPrincipal,
      request: Omit<AcceptRequest, 'idempotencyKey'>,
    ): Promise<Estimate & { warnings?: { message: string }[] }> {
      const owner = chooseOwner(principal, request.owner, 'jobs.create')
      const options = readOptions(request.options)
      const { warnings } = await requireValid(principal, request)
      const found = await reckon(
        principal,
        request.spec as Storyboard,
        options,
        chooseEngine(options.engine),
        owner,
      )
      const notes = warnings.map(({ message }) => ({ message }))
      if (request.owner && config.CREDITS_MODE === 'enforce') {
        const balance = await balanceOf(queryable(principal), creditSource(owner))
        if (balance < found.estimated_credits) {
          notes.push({
            message: `the balance is ${balance} credits; this render needs ${found.estimated_credits}`,
          })
        }
      }
      return notes.length > 0 ? { ...found, warnings: notes } : found
    },

    /** The same storyboard and options again, as a new job. */
    async clone(
      principal: UserPrincipal,
      id: string,
      request: { owner?: string | null | undefined; idempotencyKey?: string | null | undefined },
    ): Promise<Accepted> {
      const source = await find(principal, id)
      const earlier = await byIdempotencyKey(principal, request.idempotencyKey ?? null)
      if (earlier) return { job: earlier, replayed: true }
      if (!isTerminal(source.status)) {
        throw new Problem('VALIDATION_ERROR', 'only a finished job can be cloned; this one is still active')
      }
      return accept(principal, {
        spec: source.specSnapshot,
        options: source.options,
        owner: request.owner ?? source.owner,
        idempotencyKey: request.idempotencyKey,
      })
    },

    /**
     * Cancels an active job: the person who triggered it may always do so, and who administers its team.
     * @throws {Problem} NOT_FOUND, also for a job that the caller sees but may not stop
     */
    async cancel(principal: UserPrincipal, id: string): Promise<Job> {
      const canceled = await transactionAs(db.pool, reachOf(principal), async (client) => {
        const { rows } = await client.query<{ owner: string; triggered_by: string }>(
          'select owner, triggered_by from jobs where id = $1 for update',
          [id],
        )
        const job = rows[0]
        if (!job || !mayStop(principal, job)) throw new Problem('NOT_FOUND', 'no such job')
        await widen(client)
        return cancelJob(client, id, principal.userId)
      })
      if (!canceled) throw new Problem('CONFLICT', 'the job is finished already')
      return emAs(db, SYSTEM, (em) => em.findOneOrFail(JobSchema, { id }))
    },

    /** Deletes a finished job: rows now, objects by a queue task. Clips stay, other jobs may reuse them. */
    async remove(principal: UserPrincipal, id: string): Promise<void> {
      const job = await find(principal, id)
      if (!mayRemove(principal, job))
        throw new Problem('AUTHORIZATION_ERROR', 'your role may delete only the jobs you started')
      if (job.projectId) throw new Problem('VALIDATION_ERROR', 'a job of a project is kept for billing')
      if (!isTerminal(job.status))
        throw new Problem('VALIDATION_ERROR', 'only a finished job can be deleted; cancel it first')
      await transactionAs(db.pool, reachOf(principal), async (client) => {
        await widen(client)
        await deleteJob(client, job)
      })
    },
  }
}

type JobRights = { owner: string; triggeredBy: string }

/** The caller's role in the job's team; null for personal jobs, and outside the team. */
function roleOver(principal: UserPrincipal, urn: string): TeamRole | null {
  const owner = parseOwner(urn)
  const teamId = owner && teamOf(owner)
  return (teamId && principal.teams.get(teamId)) || null
}

function mayStop(principal: UserPrincipal, job: { owner: string; triggered_by: string }): boolean {
  if (job.triggered_by === principal.userId) return true
  const role = roleOver(principal, job.owner)
  return role !== null && can(role, 'jobs.manage')
}

/** In a team, administrators remove any job and members their own; people remove their personal ones. */
function mayRemove(principal: UserPrincipal, { owner, triggeredBy }: JobRights): boolean {
  const role = roleOver(principal, owner)
  if (role === null) return reachableOwners(principal).includes(owner)
  return can(role, 'jobs.manage') || (can(role, 'jobs.create') && triggeredBy === principal.userId)
}

/** Removes a finished job's rows, lowers the owner's storage and leaves its objects to a queue task. */
export async function deleteJob(
  client: PoolClient,
  job: Pick<Job, 'id' | 'owner' | 'outputSizeBytes'>,
): Promise<void> {
  const { rowCount } = await client.query(
    `delete from jobs where id = $1 and status in ('completed', 'failed', 'canceled')`,
    [job.id],
  )
  if (rowCount !== 1) return
  await addStorage(client, job.owner, -(job.outputSizeBytes ?? 0))
  await client.query('select enqueue_object_removal($1)', [`${objectPrefix(job.owner)}jobs/${job.id}/`])
}
