/** Projects: storyboards that a team keeps, changes and renders. */
import Router from '@koa/router'
import { presentJob } from '../../core/jobs/present.ts'
import { presentLine } from '../../core/jobs/spoken-lines.ts'
import { PROJECT_STATUSES, type Project } from '../../core/projects/entities.ts'
import { presentProject, presentProjectWithJob, specTag } from '../../core/projects/present.ts'
import newProjectSchema from '../../schemas/new-project.schema.json' with { type: 'json' }
import changesSchema from '../../schemas/project-changes.schema.json' with { type: 'json' }
import specSchema from '../../schemas/project-spec.schema.json' with { type: 'json' }
import planSchema from '../../schemas/render-plan-request.schema.json' with { type: 'json' }
import renderSchema from '../../schemas/render-request.schema.json' with { type: 'json' }
import type {
  NewProject,
  ProjectChanges,
  ProjectSpec,
  RenderPlanRequest,
  RenderRequest,
} from '../../schemas/types.ts'
import { bodyReader, RENDER_STATUSES } from '../body.ts'
import type { ApiRouter, Context, RequestState, ServerDeps } from '../context.ts'
import { type Access, user } from '../middleware/access.ts'
import { createPager } from '../paging.ts'
import { pathId, queryBoolean, queryOneOf } from '../query.ts'
import { headerKey } from '../storyboard-request.ts'

const readNew = bodyReader<NewProject>(newProjectSchema)
const readChanges = bodyReader<ProjectChanges>(changesSchema)
const readSpec = bodyReader<ProjectSpec>(specSchema)
const readPlan = bodyReader<RenderPlanRequest>(planSchema, { optional: true })
const readRender = bodyReader<RenderRequest>(renderSchema, { statuses: RENDER_STATUSES, optional: true })

const DEFAULT_LIMIT = 20

export function projectRoutes(
  { config, projects, media }: ServerDeps,
  { allowCreators }: Pick<Access, 'allowCreators'>,
): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const pager = createPager(config.DATA_KEY, 'projects', config.APP_BASE_URL)
  const mayRead = allowCreators('projects:read')
  const mayWrite = allowCreators('projects:write')

  function send(ctx: Context, project: Project): void {
    ctx.set('ETag', specTag(project))
    ctx.body = presentProject(project)
  }

  router.get('/v1/teams/:id/projects', mayRead, async (ctx) => {
    const teamId = pathId(ctx)
    const status = queryOneOf(ctx, 'status', PROJECT_STATUSES)
    const includeArchived = queryBoolean(ctx, 'include_archived') ?? false
    const page = await projects.list(
      user(ctx),
      teamId,
      { ...(status && { status }), includeArchived },
      pager.read(ctx, DEFAULT_LIMIT),
    )
    pager.announce(ctx, page.next)
    ctx.body = page.projects.map(presentProject)
  })

  router.post('/v1/teams/:id/projects', mayWrite, async (ctx) => {
    const teamId = pathId(ctx)
    const { name, spec } = await readNew(ctx.req)
    const project = await projects.create(user(ctx), teamId, { name, spec: spec ?? null })
    ctx.status = 201
    ctx.set('Location', `/v1/projects/${project.id}`)
    send(ctx, project)
  })

  router.get('/v1/projects/:id', mayRead, async (ctx) => {
    const project = await projects.find(user(ctx), pathId(ctx))
    const latest = await projects.latestJob(user(ctx), project.id)
    ctx.set('ETag', specTag(project))
    ctx.body = presentProjectWithJob(project, latest)
  })

  router.patch('/v1/projects/:id', mayWrite, async (ctx) => {
    const id = pathId(ctx)
    const { name } = await readChanges(ctx.req)
    send(ctx, await projects.rename(user(ctx), id, name))
  })

  router.put('/v1/projects/:id/spec', mayWrite, async (ctx) => {
    const id = pathId(ctx)
    const { spec } = await readSpec(ctx.req)
    send(ctx, await projects.replaceSpec(user(ctx), id, spec, ctx.get('if-match')))
  })

  router.delete('/v1/projects/:id', mayWrite, async (ctx) => {
    await projects.remove(user(ctx), pathId(ctx))
    ctx.status = 204
  })

  router.post('/v1/projects/:id/archive', mayWrite, async (ctx) => {
    send(ctx, await projects.archive(user(ctx), pathId(ctx)))
  })

  router.post('/v1/projects/:id/unarchive', mayWrite, async (ctx) => {
    send(ctx, await projects.unarchive(user(ctx), pathId(ctx)))
  })

  router.post('/v1/projects/:id/render', mayWrite, async (ctx) => {
    const id = pathId(ctx)
    const { options } = await readRender(ctx.req)
    const { job, replayed } = await projects.render(user(ctx), id, {
      options,
      idempotencyKey: headerKey(ctx),
    })
    ctx.status = replayed ? 200 : 201
    ctx.set('Location', `/v1/jobs/${job.id}`)
    ctx.body = await presentJob(job, media)
  })

  router.post('/v1/projects/:id/render-plan', mayRead, async (ctx) => {
    const id = pathId(ctx)
    ctx.body = await projects.plan(user(ctx), id, await readPlan(ctx.req))
  })

  router.get('/v1/projects/:id/lines', mayRead, async (ctx) => {
    const lines = await projects.spokenLines(user(ctx), pathId(ctx))
    ctx.body = await Promise.all(lines.map((line) => presentLine(line, media)))
  })

  return router
}
