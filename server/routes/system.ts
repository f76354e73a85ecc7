/** How the server is doing: for people, load balancers and the status page. */
import Router from '@koa/router'
import { Problem } from '../../core/platform/errors.ts'
import { checkDatabase, isMigrated, systemStatus } from '../../core/platform/status.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import type { Allow } from '../middleware/access.ts'

export function systemRoutes(deps: ServerDeps, { allow }: { allow: Allow }): ApiRouter {
  const { db, store, version, isReady } = deps
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  const requireDatabase = async (): Promise<void> => {
    try {
      await checkDatabase(db.system)
    } catch (cause) {
      throw new Problem('SERVICE_UNAVAILABLE', 'the database does not answer', {
        reason: 'database_unavailable',
        retryAfterS: 5,
        cause,
      })
    }
  }

  /** Alive and able to work: restart the server when this stays bad. */
  router.get('/health', async (ctx) => {
    await requireDatabase()
    ctx.type = 'text/plain; charset=utf-8'
    ctx.body = 'OK'
  })

  /** Whether to send requests here: false from the moment the server begins to go. */
  router.get('/ready', async (ctx) => {
    const notReady = (text: string, reason: string) =>
      new Problem('SERVICE_UNAVAILABLE', text, { reason, retryAfterS: 5 })
    if (!isReady()) throw notReady('this server is going away', 'closing')
    await requireDatabase()
    if (!(await isMigrated(db.system))) throw notReady('the database is not migrated yet', 'not_migrated')
    ctx.type = 'text/plain; charset=utf-8'
    ctx.body = 'READY'
  })

  router.get('/v1/status', allow(), async (ctx) => {
    const { status, components, queue_depth, workers } = await systemStatus(db.system, store)
    ctx.body = { status, version, time: new Date().toISOString(), components, queue_depth, workers }
  })

  return router
}
