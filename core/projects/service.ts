/**
 * What callers do with projects: storyboards that a team keeps and renders. Knows nothing of HTTP; every refusal is a
 * `Problem`. A project out of reach is as if it were not there.
 */
import type { PoolClient } from 'pg'
import type { UserPrincipal } from '../access/principal.ts'
import { reachOf } from '../access/reach.ts'
import { requireTeamAction, type TeamAction } from '../access/roles.ts'
import type { Accepted } from '../jobs/acceptance.ts'
import type { PresentedPlan } from '../jobs/present-plan.ts'
import type { JobService } from '../jobs/service.ts'
import type { SpokenLine } from '../jobs/spoken-lines.ts'
import type { Database } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'
import { afterKey, cutPage, type EntitySort, type Page, type PageKey, pageOptions } from '../platform/page.ts'
import { emAs, queryableAs, transactionAs } from '../platform/reach.ts'
import { MAX_DOCUMENT_BYTES } from '../storyboard/rules/document.ts'
import { byteSize } from '../storyboard/values.ts'
import { type Project, ProjectSchema, type ProjectStatus } from './entities.ts'
import { announceSpec } from './notices.ts'
import { requireRevision } from './precondition.ts'
import type { LatestJob } from './present.ts'
import { deleteProject } from './removal.ts'
import { archiveProject, unarchiveProject } from './transitions.ts'

export type ProjectFilter = { status?: ProjectStatus; includeArchived: boolean }

export type ProjectPage = { projects: Project[]; next: PageKey | null }

export type ProjectService = ReturnType<typeof createProjectService>

type Spec = Record<string, unknown>

/** A project whose row is locked until the transaction ends. */
type LockedProject = {
  id: string
  teamId: string
  name: string
  status: ProjectStatus
  specRevision: number
}

const LAST_CHANGED_FIRST: EntitySort = { direction: 'desc', fields: ['updatedAt', 'id'] }

const notFound = (): Problem => new Problem('NOT_FOUND', 'no such project')
const conflict = (text: string): Problem => new Problem('CONFLICT', text)

/** A storyboard is kept whatever it says, but not whatever its size. */
function requireSize(spec: Spec): void {
  const size = byteSize(spec, MAX_DOCUMENT_BYTES)
  if (size > MAX_DOCUMENT_BYTES)
    throw new Problem(
      'VALIDATION_ERROR',
      `spec is larger than ${MAX_DOCUMENT_BYTES} bytes (100 KB) as compact JSON`,
    )
}

export function createProjectService({ db, jobs }: { db: Database; jobs: JobService }) {
  const read = (principal: UserPrincipal, id: string): Promise<Project | null> =>
    emAs(db, reachOf(principal), (em) =>
      em.findOne(ProjectSchema, { id, teamId: { $in: [...principal.teams.keys()] } }),
    )

  async function find(principal: UserPrincipal, id: string): Promise<Project> {
    const project = await read(principal, id)
    if (!project) throw notFound()
    return project
  }

  /** Runs `work` on a project whose row is locked, when the caller's role allows `action`; then reads it again. */
  async function change(
    principal: UserPrincipal,
    id: string,
    action: TeamAction,
    work: (client: PoolClient, project: LockedProject) => Promise<unknown>,
  ): Promise<void> {
    await transactionAs(db.pool, reachOf(principal), async (client) => {
      const { rows } = await client.query<LockedProject>(
        `select id, team_id as "teamId", name, status, spec_revision as "specRevision" from projects
         where id = $1 for update`,
        [id],
      )
      const project = rows[0]
      if (!project || !principal.teams.has(project.teamId)) throw notFound()
      requireTeamAction(principal, project.teamId, action)
      await work(client, project)
    })
  }

  async function changed(...args: Parameters<typeof change>): Promise<Project> {
    await change(...args)
    return find(args[0], args[1])
  }

  return {
    find,

    /** The newest render of a project; null when there has been none. */
    async latestJob(principal: UserPrincipal, projectId: string): Promise<LatestJob | null> {
      const { rows } = await queryableAs(db.pool, reachOf(principal)).query<LatestJob>(
        `select id, status, created_at, completed_at from jobs where project_id = $1
         order by created_at desc, id desc limit 1`,
        [projectId],
      )
      return rows[0] ?? null
    },

    /** Projects of a team, those changed last first. Archived ones are left out unless they are asked for. */
    async list(
      principal: UserPrincipal,
      teamId: string,
      filter: ProjectFilter,
      page: Page,
    ): Promise<ProjectPage> {
      requireTeamAction(principal, teamId, 'projects.view')
      const status = filter.status ?? (filter.includeArchived ? undefined : { $ne: 'archived' as const })
      const found = await emAs(db, reachOf(principal), (em) =>
        em.find(
          ProjectSchema,
          { teamId, ...(status ? { status } : {}), $and: [afterKey(page, LAST_CHANGED_FIRST)] },
          pageOptions(page, LAST_CHANGED_FIRST),
        ),
      )
      const { rows, next } = cutPage(found, page, LAST_CHANGED_FIRST)
      return { projects: rows, next }
    },

    /** Makes a draft; its storyboard, if it has one already, is kept as it is. */
    async create(
      principal: UserPrincipal,
      teamId: string,
      { name, spec }: { name: string; spec: Spec | null },
    ): Promise<Project> {
      requireTeamAction(principal, teamId, 'projects.edit')
      if (spec) requireSize(spec)
      const id = newId()
      await queryableAs(db.pool, reachOf(principal)).query(
        'insert into projects (id, team_id, created_by, name, spec) values ($1, $2, $3, $4, $5::jsonb)',
        [id, teamId, principal.userId, name, spec && JSON.stringify(spec)],
      )
      return find(principal, id)
    },

    rename: (principal: UserPrincipal, id: string, name: string | undefined): Promise<Project> =>
      changed(principal, id, 'projects.edit', async (client, project) => {
        if (name === undefined || name === project.name) return
        await client.query('update projects set name = $2 where id = $1', [id, name])
      }),

    /**
     * Replaces the storyboard. A render that is under way goes on with the one it began with.
     * @param ifMatch header of the request; empty when it was not sent
     */
    async replaceSpec(principal: UserPrincipal, id: string, spec: Spec, ifMatch: string): Promise<Project> {
      requireSize(spec)
      return changed(principal, id, 'projects.edit', async (client, project) => {
        if (project.status === 'archived')
          throw conflict('an archived project keeps its storyboard; unarchive it first')
        requireRevision(ifMatch, project.specRevision)
        const { rows } = await client.query<{ spec_revision: number }>(
          'update projects set spec = $2::jsonb where id = $1 and spec is distinct from $2::jsonb returning spec_revision',
          [id, JSON.stringify(spec)],
        )
        const revision = rows[0]?.spec_revision
        if (revision !== undefined)
          await announceSpec(client, { project: id, revision, by: principal.userId })
      })
    },

    archive: (principal: UserPrincipal, id: string): Promise<Project> =>
      changed(principal, id, 'projects.manage', async (client, { status }) => {
        if (await archiveProject(client, id)) return
        throw conflict(
          status === 'rendering' ? 'the project is being rendered' : 'the project is archived already',
        )
      }),

    unarchive: (principal: UserPrincipal, id: string): Promise<Project> =>
      changed(principal, id, 'projects.manage', async (client) => {
        if (!(await unarchiveProject(client, id))) throw conflict('the project is not archived')
      }),

    /** Deletes a project with its files. Its jobs stay, without it. */
    remove: (principal: UserPrincipal, id: string): Promise<void> =>
      change(principal, id, 'projects.manage', async (client, project) => {
        if (project.status === 'rendering')
          throw conflict('the project is being rendered; wait for it or cancel the render')
        await deleteProject(client, project, principal.userId)
      }),

    /** Renders the storyboard as it is now. */
    async render(
      principal: UserPrincipal,
      id: string,
      request: { options: unknown; idempotencyKey: string | null },
    ): Promise<Accepted> {
      return jobs.acceptProject(principal, await find(principal, id), request)
    },

    /** What a render of the storyboard as it is now would do. */
    async plan(
      principal: UserPrincipal,
      id: string,
      request: { options?: unknown; scenes?: string[] | null | undefined },
    ): Promise<PresentedPlan> {
      return jobs.planProject(principal, await find(principal, id), request)
    },

    /** Lines of the storyboard as it is now that have been spoken already. */
    async spokenLines(principal: UserPrincipal, id: string): Promise<SpokenLine[]> {
      return jobs.spokenLines(principal, await find(principal, id))
    },
  }
}
