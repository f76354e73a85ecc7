/** What a storyboard is worth before it is rendered: is it valid, and what would it take. */
import Router from '@koa/router'
import estimateSchema from '../../schemas/estimate-request.schema.json' with { type: 'json' }
import specSchema from '../../schemas/spec-request.schema.json' with { type: 'json' }
import type { EstimateRequest, SpecRequest } from '../../schemas/types.ts'
import { bodyReader, PLAIN_STATUSES } from '../body.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { type Allow, user } from '../middleware/access.ts'
import { readStoryboardRequest } from '../storyboard-request.ts'

const readSpec = bodyReader<SpecRequest>(specSchema)
const readEstimate = bodyReader<EstimateRequest>(estimateSchema)

export function specRoutes({ jobs }: ServerDeps, { allow }: { allow: Allow }): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  router.post('/v1/spec/validate', allow('generate', 'projects:read'), async (ctx) => {
    const { spec, source } = await readStoryboardRequest(ctx, readSpec, PLAIN_STATUSES)
    ctx.body = await jobs.validate(user(ctx), spec, source)
  })

  router.post('/v1/spec/estimate', allow('generate', 'projects:read'), async (ctx) => {
    const { spec, source, owner, options } = await readStoryboardRequest(ctx, readEstimate, PLAIN_STATUSES)
    ctx.body = await jobs.estimate(user(ctx), { spec, source, owner, options })
  })

  router.post('/v1/spec/plan', allow('generate', 'projects:read'), async (ctx) => {
    const { spec, source, owner, options } = await readStoryboardRequest(ctx, readEstimate, PLAIN_STATUSES)
    ctx.body = await jobs.plan(user(ctx), { spec, source, owner, options })
  })

  return router
}
