/**
 * What callers do with jobs: the rules in the order in which they are checked, over the guarded SQL beside this file.
 * Knows nothing of HTTP; every refusal is a `Problem`.
 */
import { creditSource, formatOwner } from '../access/owner.ts'
import type { Principal, UserPrincipal } from '../access/principal.ts'
import { reachableOwners, reachOf, SYSTEM } from '../access/reach.ts'
import { requireTeamAction } from '../access/roles.ts'
import { Problem } from '../platform/errors.ts'
import type { Page } from '../platform/page.ts'
import { queryableAs, transactionAs, widen } from '../platform/reach.ts'
import type { Project } from '../projects/entities.ts'
import type { Storyboard } from '../storyboard/types.ts'
import { type AcceptanceDeps, type Accepted, createAcceptance } from './acceptance.ts'
import { deleteJob } from './deletion.ts'
import type { Job } from './entities.ts'
import { type JobFilter, type JobPage, readJob, readJobs } from './reading.ts'
import { mayRemove, mayStop } from './rights.ts'
import { checkSpec } from './spec-check.ts'
import { type SpokenLine, spokenLines } from './spoken-lines.ts'
import { standingsOf } from './standing.ts'
import { cancelJob } from './transitions.ts'
import { isTerminal } from './types.ts'

export type JobService = ReturnType<typeof createJobService>

export function createJobService(deps: AcceptanceDeps) {
  const { db } = deps
  const acceptance = createAcceptance(deps)

  /** @throws {Problem} NOT_FOUND, also for a job out of reach */
  async function find(principal: Principal, id: string): Promise<Job> {
    const isForeignLink = principal.kind === 'watch' && principal.jobId !== id
    const owners = principal.kind === 'watch' ? null : reachableOwners(principal)
    const job = isForeignLink ? null : await readJob(db.pool, reachOf(principal), id, owners)
    if (!job) throw new Problem('NOT_FOUND', 'no such job')
    return job
  }

  /** Jobs of every owner within reach, newest first; an owner out of reach has none. */
  async function list(principal: UserPrincipal, filter: JobFilter, page: Page): Promise<JobPage> {
    const owners = reachableOwners(principal).filter(
      (urn) => filter.owner === undefined || urn === filter.owner,
    )
    return owners.length === 0
      ? { jobs: [], next: null }
      : readJobs(db.pool, reachOf(principal), owners, filter, page)
  }

  return {
    accept: acceptance.accept,
    acceptProject: acceptance.acceptProject,
    validate: acceptance.validate,
    estimate: acceptance.estimate,
    plan: acceptance.plan,
    planProject: acceptance.planProject,
    find,
    list,

    /** Lines of a project that have been spoken; none while its storyboard has faults. */
    async spokenLines(principal: UserPrincipal, project: Project): Promise<SpokenLine[]> {
      requireTeamAction(principal, project.teamId, 'projects.view')
      const reach = queryableAs(db.pool, reachOf(principal))
      const { VOICE_ENGINE } = deps.config
      const { spec } = project
      const owner = formatOwner({ kind: 'team', teamId: project.teamId })
      const check = spec && (await checkSpec(reach, spec, reachableOwners(principal), null, VOICE_ENGINE))
      return check?.valid
        ? spokenLines(reach, creditSource(owner), project.id, spec as unknown as Storyboard, VOICE_ENGINE)
        : []
    },
    /** Where jobs stand that the caller was given; those that are over have no standing. */
    standings: (jobs: readonly Job[]) => standingsOf(db.system, deps.config, jobs),

    /** The same storyboard and options again, as a new job without a project. */
    async clone(
      principal: UserPrincipal,
      id: string,
      request: { owner?: string | null | undefined; idempotencyKey?: string | null | undefined },
    ): Promise<Accepted> {
      const source = await find(principal, id)
      const earlier = await acceptance.byIdempotencyKey(principal, request.idempotencyKey ?? null)
      if (earlier) return { job: earlier, replayed: true }
      if (!isTerminal(source.status)) {
        throw new Problem('VALIDATION_ERROR', 'only a finished job can be cloned; this one is still active')
      }
      return acceptance.accept(principal, {
        spec: source.specSnapshot,
        options: source.options,
        owner: request.owner ?? source.owner,
        idempotencyKey: request.idempotencyKey,
      })
    },

    /**
     * Cancels an active job.
     * @throws {Problem} NOT_FOUND, also for a job that the caller sees but may not stop
     */
    async cancel(principal: UserPrincipal, id: string): Promise<Job> {
      const canceled = await transactionAs(db.pool, reachOf(principal), async (client) => {
        const { rows } = await client.query<{ owner: string; triggered_by: string }>(
          'select owner, triggered_by from jobs where id = $1 for update',
          [id],
        )
        const job = rows[0]
        if (!job || !mayStop(principal, { owner: job.owner, triggeredBy: job.triggered_by }))
          throw new Problem('NOT_FOUND', 'no such job')
        await widen(client)
        return cancelJob(client, id, principal.userId)
      })
      if (!canceled) throw new Problem('CONFLICT', 'the job is finished already')
      const job = await readJob(db.pool, SYSTEM, id, null)
      if (!job) throw new Error(`job ${id} is gone`)
      return job
    },

    /** Deletes a finished job that belongs to no project. */
    async remove(principal: UserPrincipal, id: string): Promise<void> {
      const job = await find(principal, id)
      if (!mayRemove(principal, job))
        throw new Problem('AUTHORIZATION_ERROR', 'your role may delete only the jobs you started')
      if (job.projectId) throw new Problem('VALIDATION_ERROR', 'a job of a project is kept for billing')
      if (!isTerminal(job.status))
        throw new Problem('VALIDATION_ERROR', 'only a finished job can be deleted; cancel it first')
      await transactionAs(db.pool, reachOf(principal), async (client) => {
        await widen(client)
        await deleteJob(client, job, { actorId: principal.userId, actorKind: 'user' })
      })
    },
  }
}
