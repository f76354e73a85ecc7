/**
 * Accepting renders: checks in a fixed order, then job, charge, first event and first step in one transaction. Also what
 * comes before it: is a storyboard valid, and what would it take.
 */
import type { PoolClient } from 'pg'
import { creditSource, formatOwner, parseOwner, usableFileOwners } from '../access/owner.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { chooseOwner, reachableOwners, reachOf, teamOf } from '../access/reach.ts'
import { can, requireTeamAction, type TeamRole } from '../access/roles.ts'
import { requireRoom } from '../accounts/quota.ts'
import { enginesDown } from '../engines/engines-down.ts'
import { megapixelsOf } from '../media/format.ts'
import type { Config, EngineKind } from '../platform/config.ts'
import type { Database, Queryable } from '../platform/database.ts'
import { Problem, violatedConstraint } from '../platform/errors.ts'
import { fault } from '../platform/faults.ts'
import { newId } from '../platform/ids.ts'
import { queryableAs, transactionAs } from '../platform/reach.ts'
import type { Project } from '../projects/entities.ts'
import { beginRendering } from '../projects/transitions.ts'
import { type Estimate, estimate, generationSeconds } from '../storyboard/estimate.ts'
import { planShots } from '../storyboard/plan.ts'
import type { ShotPlan } from '../storyboard/plan-types.ts'
import { parseOptions, type RenderOptions } from '../storyboard/render-options.ts'
import type { SourceMap } from '../storyboard/source-map.ts'
import type { Storyboard } from '../storyboard/types.ts'
import type { ValidationResult } from '../storyboard/validate.ts'
import { freshHostFacts } from '../workflows/host-facts.ts'
import { findCached } from './content-cache.ts'
import type { Recipe } from './content-keys.ts'
import { balanceOf, charge } from './credits.ts'
import type { Job } from './entities.ts'
import { appendEvent } from './events.ts'
import { type Expected, expectedTime, shownTime, timeLeft } from './expected-time.ts'
import { enginePlaces, measuredTimes } from './generation-times.ts'
import { knownPrints } from './known-stages.ts'
import { lastRenders, type RenderLine } from './last-renders.ts'
import { type PlannedStage, planStages } from './plan-stages.ts'
import { type PresentedPlan, presentPlan } from './present-plan.ts'
import { readJobWithin, readKeyedJob } from './reading.ts'
import { recipeFor, requireFit, type WorkflowLibrary } from './recipe.ts'
import { planRender, type RenderPlan } from './render-plan.ts'
import { autoEngines, enginesOf } from './routing.ts'
import { keyScenes } from './scene-keys.ts'
import { checkSpec, imageHashes } from './spec-check.ts'
import { printsOf, stagePrints } from './stage-prints.ts'
import { insertSteps } from './steps.ts'
import { teamRouting } from './team-routing.ts'

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

/** What a render would do and take. */
type Outlook = {
  engine: EngineKind
  recipe: Recipe
  plan: RenderPlan
  /** Seconds of generating a scene, by id. */
  secondsOf: ReadonlyMap<string, number>
  estimate: Estimate
  /** What is made of the clips; empty where nobody asks. */
  stages: PlannedStage[]
  warnings: { message: string }[]
}

const titleOf = (spec: unknown): string => String((spec as { title?: unknown } | null)?.title ?? '')

/** @throws {Problem} VALIDATION_ERROR for a scene that the storyboard does not have */
function requireScenes(storyboard: Storyboard, asked: RenderOptions['scenes']): void {
  const known = new Set(storyboard.scenes.map(({ id }) => id))
  const unknown = asked?.filter((id) => !known.has(id)) ?? []
  if (unknown.length === 0) return
  const path = 'options.scenes'
  const message = `${path}: the storyboard has no scene ${unknown.join(', ')}`
  const errors = [{ path, message, code: 'options_value', value: unknown }]
  throw new Problem('VALIDATION_ERROR', message, { details: { errors } })
}

const roundedSeconds = (seconds: number): number => Math.round(seconds * 10) / 10

/** Times from what was measured, in the place of those by the configured rate; nothing where a scene is not known. */
async function measuredEstimate(
  db: Queryable,
  engine: EngineKind,
  scenes: readonly (Expected | null)[],
): Promise<Pick<Estimate, 'estimated_generation_time_seconds' | 'estimated_generation_time_range'> | null> {
  if (scenes.length === 0 || !scenes.every((one): one is Expected => one !== null)) return null
  const places = await enginePlaces(db, engine)
  const left = timeLeft(
    scenes.map((expected) => ({ expected, progress: 0 })),
    { now: places, most: places },
  )
  const { seconds, range } = shownTime(left)
  return { estimated_generation_time_seconds: seconds, estimated_generation_time_range: range }
}

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

  /**
   * The engines that may do the work, best first.
   * @throws {Problem} VALIDATION_ERROR that says what is missing here
   */
  async function chooseEngines(
    principal: UserPrincipal,
    owner: string,
    { engine: asked, fallback }: RenderOptions,
  ): Promise<EngineKind[]> {
    const present = enginesOf(config)
    const engines =
      asked === 'auto'
        ? autoEngines({
            config,
            fallback,
            down: await enginesDown(db.system, config),
            ...(await teamRouting(config, queryable(principal), owner)),
          })
        : present.filter((engine) => engine === asked)
    if (engines.length > 0) return engines
    const missing = asked === 'auto' ? (config.DEFAULT_ENGINE ?? asked) : asked
    throw new Problem('VALIDATION_ERROR', `options.engine: this installation has no ${missing} engine`)
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
   * The workflow that a render will run through, on the first of `engines` that can make these scenes.
   * @throws {Problem} VALIDATION_ERROR of the first engine when none can: its workflow is not offered, no server can run it,
   * or a scene does not fit it
   */
  async function chooseRecipe(
    plan: ShotPlan,
    options: RenderOptions,
    engines: readonly EngineKind[],
  ): Promise<{ engine: EngineKind; recipe: Recipe }> {
    const refusals: Problem[] = []
    for (const engine of engines) {
      const hosts = engine === 'comfyui' ? await freshHostFacts(db.pool, engine) : []
      const { workflow: asked, draft } = options
      try {
        const recipe = recipeFor({ workflows, engine, asked, draft, config, hosts })
        requireFit(workflows.get(recipe.workflow), plan)
        return { engine, recipe }
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        refusals.push(error)
      }
    }
    throw refusals[0]!
  }

  /**
   * What a render would do with each scene, and what it would take. The plan that people see and the charge are this one
   * computation.
   * @param line where earlier renders are looked for, to say why a scene is rendered again; null: nobody asks
   */
  async function lookAhead(
    principal: UserPrincipal,
    { owner, spec, source }: Pick<OwnedRequest, 'owner' | 'spec' | 'source'>,
    options: RenderOptions,
    line: RenderLine | null = null,
  ): Promise<Outlook> {
    const { warnings } = await requireValid(principal, { owner, spec, source: source ?? null })
    const storyboard = spec as Storyboard
    requireScenes(storyboard, options.scenes)
    const shots = planShots(storyboard, options)
    const engines = await chooseEngines(principal, owner, options)
    const { engine, recipe } = await chooseRecipe(shots, options, engines)
    const db = queryable(principal)
    const hashes = await imageHashes(db, storyboard)
    const keyed = keyScenes(shots, storyboard.scenes.length, recipe, options.seed, hashes)
    const keys = keyed.map(({ key }) => key)
    const cached = new Set((await findCached(db, creditSource(owner), 'clip', keys)).keys())
    const ids = storyboard.scenes.map(({ id }) => id)
    const plan = planRender(ids, keyed, options, cached, line ? await lastRenders(db, line, ids) : undefined)
    const rates = {
      creditsPerSecond: config.CREDITS_PER_SECOND,
      gpuSecondsPerVideoSecond:
        engine === 'preview' ? PREVIEW_SECONDS_PER_SECOND : config.GPU_SECONDS_PER_VIDEO_SECOND,
      engine,
    }
    const kept = plan.scenes.filter(({ action }) => action !== 'render').map(({ sceneId }) => sceneId)
    const formula = estimate(storyboard, options, rates, new Set(kept))
    const times = await measuredTimes(db, engine, recipe.workflow)
    const measured = new Map(
      shots.clips.map((clip) => [clip.sceneId, expectedTime(times, megapixelsOf(shots.format, clip.frames))]),
    )
    const rendered = plan.scenes.filter(({ action }) => action === 'render')
    const clipKeys = new Map(keyed.map(({ clip, key }) => [clip.sceneId, key]))
    const prints = stagePrints({
      storyboard,
      plan: shots,
      clipKeys,
      options,
      voiceEngine: config.VOICE_ENGINE,
    })
    const reused = plan.scenes.filter(({ action }) => action === 'reuse').map(({ sceneId }) => sceneId)
    return {
      engine,
      stages: line
        ? planStages(
            prints,
            await knownPrints(db, creditSource(owner), line, printsOf(prints)),
            new Set(reused),
            { policy: options.cache, filmSeconds: shots.durationS, shownScenes: [...clipKeys.keys()] },
          )
        : [],
      recipe,
      plan,
      secondsOf: new Map(
        shots.clips.map(({ sceneId, durationS }) => [
          sceneId,
          roundedSeconds(measured.get(sceneId)?.mid ?? generationSeconds(durationS, options, rates)),
        ]),
      ),
      estimate: {
        ...formula,
        ...(await measuredEstimate(
          db,
          engine,
          rendered.map(({ sceneId }) => measured.get(sceneId) ?? null),
        )),
      },
      warnings: warnings.map(({ message }) => ({ message })),
    }
  }

  /** Says when the balance would not do, to whoever asks on behalf of an owner. */
  async function balanceNotes(
    principal: UserPrincipal,
    owner: string,
    credits: number,
  ): Promise<{ message: string }[]> {
    if (config.CREDITS_MODE !== 'enforce') return []
    const balance = await balanceOf(queryable(principal), creditSource(owner))
    return balance < credits
      ? [{ message: `the balance is ${balance} credits; this render needs ${credits}` }]
      : []
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
  ): Promise<Job> {
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
    // As it is accepted: a quick worker may have begun by the time that it could be read again.
    const accepted = await readJobWithin(client, job.id)
    if (!accepted) throw new Error(`job ${job.id} is gone`)
    fault('server.generate.before_commit')
    return accepted
  }

  /** What is left of accepting when the owner is settled and no earlier job stands under the key. */
  async function acceptNew(principal: UserPrincipal, request: OwnedRequest): Promise<Accepted> {
    const { owner, project = null } = request
    const idempotencyKey = request.idempotencyKey ?? null
    const options = readOptions(request.options)
    const { engine, recipe, plan, estimate } = await lookAhead(principal, request, options)
    await requireRoom(queryable(principal), { owner, tier: principal.tier, bytes: 0 }, config)
    if (plan.refusal) {
      const { reason, text, scenes } = plan.refusal
      throw new Problem('CONFLICT', text, { reason, details: { scenes } })
    }
    const credits = config.CREDITS_MODE === 'off' ? 0 : estimate.estimated_credits

    const id = newId()
    try {
      const job = await transactionAs(db.pool, reachOf(principal), (client) =>
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
      return { job, replayed: false }
    } catch (error) {
      const constraint = violatedConstraint(error)
      if (constraint === 'jobs_idempotency') {
        const winner = await byIdempotencyKey(principal, idempotencyKey)
        if (winner) return { job: winner, replayed: true }
      }
      throw refusalOf(constraint) ?? error
    }
  }

  return {
    byIdempotencyKey,
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
      const outlook = await lookAhead(principal, { ...request, owner }, options)
      const found = outlook.estimate
      const notes = [
        ...outlook.warnings,
        ...(request.owner ? await balanceNotes(principal, owner, found.estimated_credits) : []),
      ]
      return notes.length > 0 ? { ...found, warnings: notes } : found
    },

    /** What a render of a storyboard would do, scene by scene. Spends and reserves nothing. */
    async plan(
      principal: UserPrincipal,
      request: Omit<AcceptRequest, 'idempotencyKey'>,
    ): Promise<PresentedPlan> {
      const owner = chooseOwner(principal, request.owner, 'jobs.create')
      const options = readOptions(request.options)
      const title = titleOf(request.spec)
      const outlook = await lookAhead(principal, { ...request, owner }, options, { owner, title })
      return presentPlan(outlook, await balanceNotes(principal, owner, outlook.estimate.estimated_credits))
    },

    /** The same for the storyboard of a project as it is now. */
    async planProject(
      principal: UserPrincipal,
      project: Project,
      request: Pick<AcceptRequest, 'options'> & { scenes?: string[] | null | undefined },
    ): Promise<PresentedPlan> {
      requireTeamAction(principal, project.teamId, 'projects.view')
      if (!project.spec) throw new Problem('VALIDATION_ERROR', 'the project has no storyboard yet')
      const options = readOptions(request.options)
      const owner = formatOwner({ kind: 'team', teamId: project.teamId })
      const outlook = await lookAhead(
        principal,
        { owner, spec: project.spec },
        { ...options, scenes: request.scenes ?? options.scenes },
        { projectId: project.id },
      )
      return presentPlan(outlook, await balanceNotes(principal, owner, outlook.estimate.estimated_credits))
    },
  }
}
