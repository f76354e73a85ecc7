/** The Koa application: the rings around every request, and one file of routes a resource. */
import Koa from 'koa'
import type { Handler, ServerDeps } from './context.ts'
import { createAccess } from './middleware/access.ts'
import { cors } from './middleware/cors.ts'
import { deadline, errors, requestLog, securityHeaders, unmatched, urlLimit } from './middleware/request.ts'
import { accountRoutes } from './routes/account.ts'
import { assetRoutes } from './routes/assets.ts'
import { authRoutes } from './routes/auth.ts'
import { cacheRoutes } from './routes/cache.ts'
import { docsRoutes } from './routes/docs.ts'
import { engineCallbackRoutes } from './routes/engine-callback.ts'
import { engineRoutes } from './routes/engines.ts'
import { invitationRoutes } from './routes/invitations.ts'
import { jobEventRoutes } from './routes/job-events.ts'
import { jobRoutes } from './routes/jobs.ts'
import { joinRoutes } from './routes/join.ts'
import { keyRoutes } from './routes/keys.ts'
import { mediaRoutes } from './routes/media.ts'
import { openApiRoutes } from './routes/openapi.ts'
import { projectRoutes } from './routes/projects.ts'
import { schemaRoutes } from './routes/schemas.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { specRoutes } from './routes/spec.ts'
import { studioRoutes } from './routes/studio.ts'
import { systemRoutes } from './routes/system.ts'
import { systemAssetRoutes } from './routes/system-assets.ts'
import { teamRoutes } from './routes/teams.ts'
import { usageRoutes } from './routes/usage.ts'
import { watchRoutes } from './routes/watch.ts'
import { watchLinkRoutes } from './routes/watch-links.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { webSocketRoutes } from './routes/websocket.ts'

/** @param observer a ring outside of all that make the reply */
export function createApp(deps: ServerDeps, observer?: Handler): Koa {
  const { config, log, timings } = deps
  const isProxied = config.MEDIA_DELIVERY === 'proxy'
  const mediaOrigins = [config.APP_BASE_URL, ...(isProxied ? [] : [config.S3_PUBLIC_ENDPOINT])]
  const app = new Koa()
  app.silent = true
  app.on('error', (error) => log.debug({ err: error }, 'a response could not be finished'))

  const access = createAccess(deps, config)
  const routers = [
    systemRoutes(deps, access),
    authRoutes(deps, access),
    sessionRoutes(deps, access),
    keyRoutes(deps, access),
    accountRoutes(deps, access),
    usageRoutes(deps, access),
    cacheRoutes(deps, access),
    specRoutes(deps, access),
    jobRoutes(deps, access),
    jobEventRoutes(deps, access),
    teamRoutes(deps, access),
    invitationRoutes(deps, access),
    joinRoutes(),
    projectRoutes(deps, access),
    watchLinkRoutes(deps, access),
    webSocketRoutes(deps, access),
    assetRoutes(deps, access),
    systemAssetRoutes(deps, access),
    mediaRoutes(deps),
    webhookRoutes(deps, access),
    engineCallbackRoutes(deps),
    engineRoutes(deps, access),
    schemaRoutes(),
    openApiRoutes(deps),
    docsRoutes(),
    watchRoutes({ mediaOrigins }),
    studioRoutes({ version: deps.version, mediaOrigins }),
  ]
  const methodsOf = (path: string): string[] => [
    ...new Set(
      routers.flatMap((router) => router.match(path, 'OPTIONS').path.flatMap((layer) => layer.methods)),
    ),
  ]

  app.use(requestLog(log))
  if (observer) app.use(observer)
  app.use(securityHeaders)
  app.use(errors)
  app.use(cors(config.CORS_ORIGINS))
  app.use(urlLimit)
  app.use(deadline(timings.handlerMs))
  for (const router of routers) app.use(router.routes())
  app.use(
    unmatched(methodsOf, (ctx) =>
      deps.rateLimits.takeAddress(ctx.req, 'guest', (headers) => ctx.set(headers)),
    ),
  )
  return app
}
