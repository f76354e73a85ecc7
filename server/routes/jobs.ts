/** Renders: ask for one, look at it, stop it, do it again, remove it. */
import Router from '@koa/router'
import type { Job } from '../../core/jobs/entities.ts'
import { presentJob } from '../../core/jobs/present.ts'
import { JOB_STATUSES } from '../../core/jobs/types.ts'
import cloneSchema from '../../schemas/clone-request.schema.json' with { type: 'json' }
import generateSchema from '../../schemas/generate-request.schema.json' with { type: 'json' }
import type { CloneRequest, GenerateRequest } from '../../schemas/types.ts'
import { bodyReader, RENDER_STATUSES } from '../body.ts'
import type { ApiRouter, Context, RequestState, ServerDeps } from '../context.ts'
import { type Allow, caller, user } from '../middleware/access.ts'
import { createPager } from '../paging.ts'
import { pathId, queryOneOf, queryText, queryTime, queryUuid } from '../query.ts'
import { headerKey, readStoryboardRequest } from '../storyboard-request.ts'

const readGenerate = bodyReader<GenerateRequest>(generateSchema, { statuses: RENDER_STATUSES })
const readClone = bodyReader<CloneRequest>(cloneSchema, { statuses: RENDER_STATUSES, optional: true })

const DEFAULT_LIMIT = 20

/** What most readers have no use for, and what counts the jobs of everybody, is told on demand. */
const isStandingWanted = (ctx: Context): boolean => queryOneOf(ctx, 'include', ['standing']) === 'standing'

export function jobRoutes(
  { config, jobs, media }: ServerDeps,
  { allow, allowWatchers }: { allow: Allow; allowWatchers: Allow },
): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const pager = createPager(config.DATA_KEY, 'jobs', config.APP_BASE_URL)

  async function sendAccepted(
    ctx: Context,
    { job, replayed }: { job: Job; replayed: boolean },
  ): Promise<void> {
    ctx.status = replayed ? 200 : 201
    ctx.set('Location', `/v1/jobs/${job.id}`)
    ctx.body = await presentJob(job, media)
  }

  router.post('/v1/generate', allow('generate'), async (ctx) => {
    await sendAccepted(
      ctx,
      await jobs.accept(user(ctx), await readStoryboardRequest(ctx, readGenerate, RENDER_STATUSES)),
    )
  })

  router.get('/v1/jobs', allow('jobs:read'), async (ctx) => {
    const status = queryOneOf(ctx, 'status', JOB_STATUSES)
    const owner = queryText(ctx, 'owner')?.toLowerCase()
    const projectId = queryUuid(ctx, 'project_id')
    const createdAfter = queryTime(ctx, 'created_after')
    const createdBefore = queryTime(ctx, 'created_before')
    const page = await jobs.list(
      user(ctx),
      {
        ...(status && { status }),
        ...(owner && { owner }),
        ...(projectId && { projectId }),
        ...(createdAfter && { createdAfter }),
        ...(createdBefore && { createdBefore }),
      },
      pager.read(ctx, DEFAULT_LIMIT),
    )
    pager.announce(ctx, page.next)
    const standings = isStandingWanted(ctx) ? await jobs.standings(page.jobs) : null
    ctx.body = await Promise.all(
      page.jobs.map((job) => presentJob(job, media, standings ? (standings.get(job.id) ?? {}) : undefined)),
    )
  })

  router.get('/v1/jobs/:id', allowWatchers('jobs:read'), async (ctx) => {
    const job = await jobs.find(caller(ctx), pathId(ctx))
    const standing = isStandingWanted(ctx) ? ((await jobs.standings([job])).get(job.id) ?? {}) : undefined
    ctx.body = await presentJob(job, media, standing)
  })

  router.post('/v1/jobs/:id/cancel', allow('jobs:write'), async (ctx) => {
    ctx.body = await presentJob(await jobs.cancel(user(ctx), pathId(ctx)), media)
  })

  router.post('/v1/jobs/:id/clone', allow('jobs:write'), async (ctx) => {
    const id = pathId(ctx)
    const { owner } = await readClone(ctx.req)
    await sendAccepted(ctx, await jobs.clone(user(ctx), id, { owner, idempotencyKey: headerKey(ctx) }))
  })

  router.delete('/v1/jobs/:id', allow('jobs:write'), async (ctx) => {
    await jobs.remove(user(ctx), pathId(ctx))
    ctx.status = 204
  })

  return router
}
