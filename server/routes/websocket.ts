/** Around the WebSocket: tickets for clients that can send no credential, and a word for those who speak plain HTTP. */
import Router from '@koa/router'
import { createTicket } from '../../core/jobs/tickets.ts'
import { Problem } from '../../core/platform/errors.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { WEBSOCKET_PATH } from '../live/websocket.ts'
import { type Allow, user } from '../middleware/access.ts'

export function webSocketRoutes({ db }: ServerDeps, { allow }: { allow: Allow }): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  router.post('/v1/ws/tickets', allow(), async (ctx) => {
    ctx.status = 201
    ctx.body = await createTicket(db.system, user(ctx))
  })

  // Real upgrades never come here: they leave HTTP before routing.
  router.get(WEBSOCKET_PATH, (ctx) => {
    ctx.set({ Upgrade: 'websocket', Connection: 'Upgrade' })
    throw new Problem('UPGRADE_REQUIRED', 'this address speaks WebSocket')
  })

  return router
}
