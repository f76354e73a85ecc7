/**
 * Accepting renders: checks in a fixed order, then job, charge, first event and first step in one transaction. Also what
 * comes before it: is a storyboard valid, and what would it take.
 */
import type { PoolClient } from 'pg'
import { creditSource, formatOwner, parseOwner, usableFileOwners } from '../access/owner.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { chooseOwner, reachableOwners, reachOf, SYSTEM, teamOf } from '../access/reach.ts'
import { can, requireTeamAction, type TeamRole } from '../access/roles.ts'
import { requireRoom } from '../accounts/quota.ts'
import type { Config, EngineKind } from '../platform/config.ts'
import type { Database, Queryable } from '../platform/database.ts'
import { Problem, violatedConstraint } from '../platform/errors.ts'
import { fault } from '../platform/faults.ts'
import { newId } from '../platform/ids.ts'
import { queryableAs, transactionAs } from '../platform/reach.ts'
import type { Project } from '../projects/entities.ts'
import { beginRendering } from '../projects/transitions.ts'
import { type Estimate, estimate } from '../storyboard/estimate.ts'
import { planShots } from '../storyboard/plan.ts'
import type { ShotPlan } from '../storyboard/plan-types.ts'
import { parseOptions, type RenderOptions } from '../storyboard/render-options.ts'
import type { SourceMap } from '../storyboard/source-map.ts'
import type { Storyboard } from '../storyboard/types.ts'
import type { ValidationResult } from '../storyboard/validate.ts'
import { freshHostFacts } from '../workflows/host-facts.ts'
import { findCached } from './content-cache.ts'
import { clipKey, type Recipe, sceneSeed } from './content-keys.ts'
import { balanceOf, charge } from './credits.ts'
import type { Job } from './entities.ts'
import { appendEvent } from './events.ts'
import { readJob, readKeyedJob } from './reading.ts'
import { recipeFor, requireFit, type WorkflowLibrary } from './recipe.ts'
import { checkSpec, imageHashes } from './spec-check.ts'
import { insertSteps } from './steps.ts'

export type AcceptRequest = {
  spec: unknown
  /** Of a storyboard that came as text: puts line, column and source line to what is wrong with it. */
  source?: SourceMap | null
  owner?: string | null | undefined
  options?: unknown
  idempotencyKey?: string | null | undefined
}

export type Accepted = { job: Job; replayed: boolean }

export type AcceptanceDeps = { db: Database; config: Config; workflows: WorkflowLibrary }

/** Drawing an animatic takes about as long as it plays (two cores, 720p). */
const PREVIEW_SECONDS_PER_SECOND = 1

/** A request whose owner is chosen and allowed. */
type OwnedRequest = Omit<AcceptRequest, 'owner'> & { owner: string; project?: Project }

const conflict = (text: string): Problem => new Problem('CONFLICT', text)

/** What a constraint says that was broken while the job was written; null for a failure that is none of these. */
function refusalOf(constraint: string | null): Problem | null {
  switch (constraint) {
    case 'jobs_starter_concurrency':
      return conflict('one of your renders is still active; wait for it or cancel it')
    case 'jobs_owner_concurrency':
      return conflict('this owner has five active renders; wait for one or cancel it')
    case 'jobs_one_active_per_project':
      return conflict('this project is being rendered; wait for it or cancel it')
    // Deleted between our look at it and now.
    case 'jobs_project':
    case 'jobs_project_team':
      return new Problem('NOT_FOUND', 'no such project')
    case 'jobs_owner_team':
      return new Problem('AUTHORIZATION_ERROR', 'this owner is out of your reach')
    default:
      return null
  }
}

/**
 * Sees to it that whoever starts a job for a team is still in it, with a role that may: the membership is held until the
 * job is there.
 * @throws {Problem} AUTHORIZATION_ERROR
 */
async function requireMembership(
  client: Queryable,
  principal: UserPrincipal,
  ownerUrn: string,
): Promise<void> {
  const owner = parseOwner(ownerUrn)
  const teamId = owner && teamOf(owner)
  if (!teamId) return
  const { rows } = await client.query<{ role: TeamRole }>(
    'select role from memberships where team_id = $1 and user_id = $2 for share',
    [teamId, principal.userId],
  )
  const role = rows[0]?.role
  if (role === undefined || !can(role, 'jobs.create'))
    throw new Problem('AUTHORIZATION_ERROR', 'this owner is out of your reach')
}

export function createAcceptance({ db, config, workflows }: AcceptanceDeps) {
  const queryable = (principal: UserPrincipal) => queryableAs(db.pool, reachOf(principal))

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

  async function requireValid(
    principal: UserPrincipal,
    { spec, source, owner }: Pick<OwnedRequest, 'spec' | 'source' | 'owner'>,
  ): Promise<ValidationResult> {
    const files = usableFileOwners(owner, principal.userId)
    const result = await checkSpec(queryable(principal), spec, files, source ?? null, config.VOICE_ENGINE)
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

  /**
   * The workflow that a render will run through.
   * @throws {Problem} VALIDATION_ERROR when it is not offered, when no server can run it, or when a scene does not fit it
   */
  async function chooseRecipe(plan: ShotPlan, options: RenderOptions, engine: EngineKind): Promise<Recipe> {
    const hosts = engine === 'comfyui' ? await freshHostFacts(db.pool, engine) : []
    const recipe = recipeFor({
      workflows,
      engine,
      asked: options.workflow,
      draft: options.draft,
      config,
      hosts,
    })
    requireFit(workflows.get(recipe.workflow), plan)
    return recipe
  }

  /** Which distinct scenes the owner has as clips already: those cost nothing. */
  async function knownScenes(
    principal: UserPrincipal,
    storyboard: Storyboard,
    plan: ShotPlan,
    recipe: Recipe,
    options: RenderOptions,
    owner: string,
  ): Promise<Set<string>> {
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
    const cached = await findCached(queryable(principal), creditSource(owner), 'clip', [...keys.values()])
    return new Set([...keys].filter(([, key]) => cached.has(key)).map(([sceneId]) => sceneId))
  }

  async function reckon(
    principal: UserPrincipal,
    storyboard: Storyboard,
    plan: ShotPlan,
    recipe: Recipe,
    options: RenderOptions,
    owner: string,
  ): Promise<Estimate> {
    const { engine } = recipe
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
      await knownScenes(principal, storyboard, plan, recipe, options, owner),
    )
  }

  /**
   * The job that the caller made under this key before; null when there is none.
   * @throws {Problem} CONFLICT when there is one that the caller does not reach: the key cannot be used again
   */
  async function byIdempotencyKey(principal: UserPrincipal, key: string | null): Promise<Job | null> {
    if (key === null) return null
    const job = await readKeyedJob(db.pool, reachOf(principal), principal.userId, key)
    if (job && !reachableOwners(principal).includes(job.owner))
      throw conflict('this idempotency key was used for a render that is out of your reach now')
    return job
  }

  /** A job that has just been written on the caller's behalf. */
  async function readBack(id: string): Promise<Job> {
    const job = await readJob(db.pool, SYSTEM, id, null)
    if (!job) throw new Error(`job ${id} is gone`)
    return job
  }

  /** Job, charge, first event, first step and its queue row: all of it in one transaction, or nothing. */
  async function insertJob(
    client: PoolClient,
    principal: UserPrincipal,
    job: {
      id: string
      owner: string
      project: Project | null
      spec: unknown
      options: object
      engine: EngineKind
      credits: number
      idempotencyKey: string | null
    },
  ): Promise<void> {
    await requireMembership(client, principal, job.owner)
    await client.query(
      `insert into jobs (id, owner, triggered_by, project_id, spec_revision, spec_snapshot, options, engine,
         credits_charged, idempotency_key, progress)
       values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $9, $10, '{"phase":"queued","percent":0}')`,
      [
        job.id,
        job.owner,
        principal.userId,
        job.project?.id ?? null,
        job.project?.specRevision ?? null,
        JSON.stringify(job.spec),
        JSON.stringify(job.options),
        job.engine,
        job.credits,
        job.idempotencyKey,
      ],
    )
    if (job.project && !(await beginRendering(client, job.project.id)))
      throw conflict('the project is archived; unarchive it first')
    await charge(client, job, job.credits, config.CREDITS_MODE)
    await appendEvent(client, job.id, 'queued', {})
    await insertSteps(client, job.id, [], { kind: 'plan', key: '', task: 'plan' })
    fault('server.generate.before_commit')
  }

  /** What is left of accepting when the owner is settled and no earlier job stands under the key. */
  async function acceptNew(principal: UserPrincipal, request: OwnedRequest): Promise<Accepted> {
    const { owner, project = null } = request
    const idempotencyKey = request.idempotencyKey ?? null
    const options = readOptions(request.options)
    await requireValid(principal, request)
    const storyboard = request.spec as Storyboard
    const engine = chooseEngine(options.engine)
    const plan = planShots(storyboard, options)
    const recipe = await chooseRecipe(plan, options, engine)
    await requireRoom(queryable(principal), { owner, tier: principal.tier, bytes: 0 }, config)
    const credits =
      config.CREDITS_MODE === 'off'
        ? 0
        : (await reckon(principal, storyboard, plan, recipe, options, owner)).estimated_credits

    const id = newId()
    try {
      await transactionAs(db.pool, reachOf(principal), (client) =>
        insertJob(client, principal, {
          id,
          owner,
          project,
          spec: request.spec,
          options: { ...options, workflow: recipe.workflow },
          engine,
          credits,
          idempotencyKey,
        }),
      )
      fault('server.generate.after_commit')
    } catch (error) {
      const constraint = violatedConstraint(error)
      if (constraint === 'jobs_idempotency') {
        const winner = await byIdempotencyKey(principal, idempotencyKey)
        if (winner) return { job: winner, replayed: true }
      }
      throw refusalOf(constraint) ?? error
    }
    return { job: await readBack(id), replayed: false }
  }

  return {
    byIdempotencyKey,
    readBack,

    /** Accepts a storyboard for rendering. */
    async accept(principal: UserPrincipal, request: AcceptRequest): Promise<Accepted> {
      const owner = chooseOwner(principal, request.owner, 'jobs.create')
      const earlier = await byIdempotencyKey(principal, request.idempotencyKey ?? null)
      if (earlier) return { job: earlier, replayed: true }
      return acceptNew(principal, { ...request, owner })
    },

    /** Accepts the storyboard of a project as it is now, on behalf of the project's team. */
    async acceptProject(
      principal: UserPrincipal,
      project: Project,
      request: Pick<AcceptRequest, 'options' | 'idempotencyKey'>,
    ): Promise<Accepted> {
      requireTeamAction(principal, project.teamId, 'jobs.create')
      const earlier = await byIdempotencyKey(principal, request.idempotencyKey ?? null)
      if (earlier) return { job: earlier, replayed: true }
      if (project.status === 'archived') throw conflict('the project is archived; unarchive it first')
      if (!project.spec) throw new Problem('VALIDATION_ERROR', 'the project has no storyboard yet')
      const owner = formatOwner({ kind: 'team', teamId: project.teamId })
      return acceptNew(principal, { ...request, spec: project.spec, owner, project })
    },

    /** What is wrong with a storyboard, for whichever owner within reach it may be meant. */
    validate: (
      principal: UserPrincipal,
      spec: unknown,
      source: SourceMap | null = null,
    ): Promise<ValidationResult> =>
      checkSpec(queryable(principal), spec, reachableOwners(principal), source, config.VOICE_ENGINE),

    /** What a render would take. Spends and reserves nothing. */
    async estimate(
      principal: UserPrincipal,
      request: Omit<AcceptRequest, 'idempotencyKey'>,
    ): Promise<Estimate & { warnings?: { message: string }[] }> {
      const owner = chooseOwner(principal, request.owner, 'jobs.create')
      const options = readOptions(request.options)
      const { warnings } = await requireValid(principal, { ...request, owner })
      const storyboard = request.spec as Storyboard
      const plan = planShots(storyboard, options)
      const recipe = await chooseRecipe(plan, options, chooseEngine(options.engine))
      const found = await reckon(principal, storyboard, plan, recipe, options, owner)
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
  }
}
