/** One's own account. */
import Router from '@koa/router'
import { changeAccount, readAccount, upgradeAccount } from '../../core/accounts/account.ts'
import { deleteAccount } from '../../core/accounts/deletion.ts'
import changeSchema from '../../schemas/account-change-request.schema.json' with { type: 'json' }
import type { AccountChangeRequest, UpgradeRequest } from '../../schemas/types.ts'
import upgradeSchema from '../../schemas/upgrade-request.schema.json' with { type: 'json' }
import { bodyReader } from '../body.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { clearSessionCookie, renewSessionCookie } from '../cookies.ts'
import { type Access, user } from '../middleware/access.ts'

const readChange = bodyReader<AccountChangeRequest>(changeSchema)
const readUpgrade = bodyReader<UpgradeRequest>(upgradeSchema)

export function accountRoutes(deps: ServerDeps, { allowSessions }: Pick<Access, 'allowSessions'>): ApiRouter {
  const { config, db } = deps
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  router.get('/v1/account', allowSessions, async (ctx) => {
    ctx.body = await readAccount({ db }, user(ctx))
  })

  router.patch('/v1/account', allowSessions, async (ctx) => {
    ctx.body = await changeAccount({ db }, user(ctx), await readChange(ctx.req))
  })

  router.post('/v1/account/upgrade', allowSessions, async (ctx) => {
    const { target_tier } = await readUpgrade(ctx.req)
    const upgraded = await upgradeAccount({ db }, user(ctx), target_tier)
    await renewSessionCookie(ctx, deps)
    ctx.body = upgraded
  })

  router.delete('/v1/account', allowSessions, async (ctx) => {
    await deleteAccount({ db }, user(ctx))
    clearSessionCookie(ctx, config)
    ctx.status = 204
  })

  return router
}
