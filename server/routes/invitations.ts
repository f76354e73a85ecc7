/** Invitations: of a team, and to the caller. */
import Router from '@koa/router'
import { INVITATION_STATES } from '../../core/teams/invitations.ts'
import schema from '../../schemas/invitation-request.schema.json' with { type: 'json' }
import type { InvitationRequest } from '../../schemas/types.ts'
import { bodyReader } from '../body.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { renewSessionCookie } from '../cookies.ts'
import { type Access, user } from '../middleware/access.ts'
import { createPager } from '../paging.ts'
import { pathId, queryOneOf } from '../query.ts'

const readRequest = bodyReader<InvitationRequest>(schema)

const DEFAULT_LIMIT = 100

export function invitationRoutes(
  deps: ServerDeps,
  { allowCreatorSessions, allowSessions }: Pick<Access, 'allowCreatorSessions' | 'allowSessions'>,
): ApiRouter {
  const { config, inviting, invitations } = deps
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const pagers = {
    sent: createPager(config.DATA_KEY, 'team-invitations', config.APP_BASE_URL),
    received: createPager(config.DATA_KEY, 'invitations', config.APP_BASE_URL),
  }

  router.get('/v1/teams/:id/invitations', allowCreatorSessions, async (ctx) => {
    const id = pathId(ctx)
    const state = queryOneOf(ctx, 'state', INVITATION_STATES)
    const page = await inviting.list(user(ctx), id, state, pagers.sent.read(ctx, DEFAULT_LIMIT))
    pagers.sent.announce(ctx, page.next)
    ctx.body = page.invitations
  })

  router.post('/v1/teams/:id/invitations', allowCreatorSessions, async (ctx) => {
    const id = pathId(ctx)
    const request = await readRequest(ctx.req)
    ctx.status = 201
    ctx.body = await inviting.create(user(ctx), id, request)
  })

  router.delete('/v1/teams/:id/invitations/:invitation_id', allowCreatorSessions, async (ctx) => {
    await inviting.revoke(user(ctx), pathId(ctx), pathId(ctx, 'invitation_id'))
    ctx.status = 204
  })

  router.post('/v1/teams/:id/invitations/:invitation_id/resend', allowCreatorSessions, async (ctx) => {
    ctx.body = await inviting.resend(user(ctx), pathId(ctx), pathId(ctx, 'invitation_id'))
  })

  router.get('/v1/invitations', allowSessions, async (ctx) => {
    const page = await invitations.list(user(ctx), pagers.received.read(ctx, DEFAULT_LIMIT))
    pagers.received.announce(ctx, page.next)
    ctx.body = page.invitations
  })

  router.post('/v1/invitations/:id/accept', allowSessions, async (ctx) => {
    const membership = await invitations.accept(user(ctx), pathId(ctx))
    await renewSessionCookie(ctx, deps)
    ctx.body = membership
  })

  router.post('/v1/invitations/:id/decline', allowSessions, async (ctx) => {
    await invitations.decline(user(ctx), pathId(ctx))
    ctx.status = 204
  })

  return router
}
