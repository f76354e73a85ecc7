/** What travels with a request, and what handlers are given. */
import type Router from '@koa/router'
import type { DefaultContext, Middleware, ParameterizedContext } from 'koa'
import type { Principal } from '../core/access/principal.ts'
import type { KeyService } from '../core/accounts/own-keys.ts'
import type { AccountDeps } from '../core/accounts/sign-up.ts'
import type { AssetService } from '../core/assets/service.ts'
import type { SystemAssetService } from '../core/assets/system-assets.ts'
import type { EngineService } from '../core/engines/service.ts'
import type { CacheService } from '../core/jobs/cache-service.ts'
import type { JobService } from '../core/jobs/service.ts'
import type { Config } from '../core/platform/config.ts'
import type { Database } from '../core/platform/database.ts'
import type { Logger } from '../core/platform/log.ts'
import type { MediaLinks, UploadLinks } from '../core/platform/media-links.ts'
import type { ObjectStore } from '../core/platform/objects.ts'
import type { ProjectService } from '../core/projects/service.ts'
import type { InvitationService } from '../core/teams/invitations.ts'
import type { InvitingService } from '../core/teams/inviting.ts'
import type { MemberService } from '../core/teams/members.ts'
import type { TeamService } from '../core/teams/teams.ts'
import type { WebhookService } from '../core/webhooks/service.ts'
import type { AddressOf } from './addresses.ts'
import type { Admit } from './admission.ts'
import type { Authenticator } from './credentials.ts'
import type { Gate } from './live/gate.ts'
import type { Hub } from './live/hub.ts'
import type { RateLimits } from './rate-limits.ts'
import type { ServerTimings } from './timings.ts'

export type RequestState = {
  requestId: string
  /** Of the request, with its id on every line. */
  log: Logger
  /** Set by `allow` (middleware/access.ts). */
  principal?: Principal
  /** Whether that credential came as the session's cookie. */
  hasCookie?: boolean
  /** Aborts when the caller goes away or the request runs out of time. */
  signal: AbortSignal
  /** Aborts it. */
  abandon(): void
}

export type Context = ParameterizedContext<RequestState, DefaultContext>
export type Handler = Middleware<RequestState, DefaultContext>
export type ApiRouter = Router<RequestState, DefaultContext>

/** Everything the doors need; made once by start.ts. */
export type ServerDeps = {
  config: Config
  log: Logger
  version: string
  db: Database
  store: ObjectStore
  media: MediaLinks
  /** Store and links of what comes with Framecast. */
  systemStore: ObjectStore
  systemMedia: MediaLinks
  jobs: JobService
  cache: CacheService
  projects: ProjectService
  teams: TeamService
  members: MemberService
  /** Invitations of a team. */
  inviting: InvitingService
  /** Invitations to the caller. */
  invitations: InvitationService
  assets: AssetService
  uploadLinks: UploadLinks
  systemAssets: SystemAssetService
  webhooks: WebhookService
  engines: EngineService
  accounts: AccountDeps
  keys: KeyService
  authenticator: Authenticator
  admit: Admit
  rateLimits: RateLimits
  addressOf: AddressOf
  hub: Hub
  /** Counts open streams per caller, over SSE and WebSocket. */
  gate: Gate
  timings: ServerTimings
  /** False once the server is on its way out. */
  isReady(): boolean
  /** Aborts when open streams have to end. */
  closing: AbortSignal
}
