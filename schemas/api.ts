/* Generated from server/openapi/ by tools/generate-api-types.ts: change the operations, then run it again. */
import type {
  AccountChangeRequest,
  ApiKey,
  ApiKeyChangeRequest,
  ApiKeyRequest,
  Asset,
  AuditEntry,
  CachedStage,
  Caller,
  CloneRequest,
  Engine,
  EngineCatalogue,
  EngineHealth,
  Estimate,
  EstimateRequest,
  Evicted,
  GenerateRequest,
  Invitation,
  InvitationRequest,
  Job,
  LogIn,
  LogInRequest,
  Membership,
  MembershipChangeRequest,
  NewApiKey,
  NewProject,
  NewWatchLink,
  PasswordRequest,
  Problem,
  Project,
  ProjectChanges,
  ProjectSpec,
  ReceivedInvitation,
  RenderPlan,
  RenderPlanRequest,
  RenderRequest,
  Session,
  SetUpRequest,
  SignUpRequest,
  SpecRequest,
  SpokenLine,
  Status,
  SystemAsset,
  Team,
  TeamChangeRequest,
  TeamRequest,
  Ticket,
  UpgradeRequest,
  Upload,
  UploadParts,
  UploadRequest,
  Usage,
  UsageDays,
  User,
  ValidationResult,
  WatchLink,
  WatchLinkRequest,
  Webhook,
  WebhookChangeRequest,
  WebhookDelivery,
  WebhookRequest,
  WebhookSecret,
} from './types.ts'

/** Whatever was wrong. */
type Refused = { content: { 'application/json': Problem } }
type Refusals = { '4XX': Refused; '5XX': Refused }

/** Every operation, by path and method, as `createClient<paths>()` of openapi-fetch takes it. Bodies are sent as JSON. */
export type paths = {
  '/v1/auth/signup': {
    /** Make an account */
    post: {
      requestBody: { content: { 'application/json': SignUpRequest } }
      responses: { 201: { content: { 'application/json': LogIn } } } & Refusals
    }
  }
  '/v1/auth/login': {
    /** Log in */
    post: {
      requestBody: { content: { 'application/json': LogInRequest } }
      responses: { 200: { content: { 'application/json': LogIn } } } & Refusals
    }
  }
  '/v1/auth/setup': {
    /** Make the first operator */
    post: {
      requestBody: { content: { 'application/json': SetUpRequest } }
      responses: { 201: { content: { 'application/json': LogIn } } } & Refusals
    }
  }
  '/v1/auth/logout': {
    /** Log out */
    post: {
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/auth/password': {
    /** Change the password */
    post: {
      requestBody: { content: { 'application/json': PasswordRequest } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/auth/sessions': {
    /** List one’s own sessions */
    get: {
      parameters: { query?: { limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': Session[] } } } & Refusals
    }
    /** End all one’s other sessions */
    delete: {
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/auth/sessions/{id}': {
    /** End a session of one’s own */
    delete: {
      parameters: { path: { id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/auth/whoami': {
    /** Who is asking */
    get: {
      parameters: { query?: { include?: 'operator' } }
      responses: { 200: { content: { 'application/json': Caller } } } & Refusals
    }
  }
  '/v1/account': {
    /** Read one’s own account */
    get: {
      responses: { 200: { content: { 'application/json': User } } } & Refusals
    }
    /** Change one’s own account */
    patch: {
      requestBody: { content: { 'application/json': AccountChangeRequest } }
      responses: { 200: { content: { 'application/json': User } } } & Refusals
    }
    /** Delete one’s own account */
    delete: {
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/account/upgrade': {
    /** Become a creator */
    post: {
      requestBody: { content: { 'application/json': UpgradeRequest } }
      responses: { 200: { content: { 'application/json': User } } } & Refusals
    }
  }
  '/v1/auth/keys': {
    /** List one’s own keys */
    get: {
      parameters: { query?: { limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': ApiKey[] } } } & Refusals
    }
    /** Make a key */
    post: {
      requestBody?: { content: { 'application/json': ApiKeyRequest } }
      responses: { 201: { content: { 'application/json': NewApiKey } } } & Refusals
    }
  }
  '/v1/auth/keys/{id}': {
    /** Read a key */
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': ApiKey } } } & Refusals
    }
    /** Rename a key */
    patch: {
      parameters: { path: { id: string } }
      requestBody: { content: { 'application/json': ApiKeyChangeRequest } }
      responses: { 200: { content: { 'application/json': ApiKey } } } & Refusals
    }
    /** Revoke a key */
    delete: {
      parameters: { path: { id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/spec/validate': {
    /** Check a storyboard */
    post: {
      requestBody: { content: { 'application/json': SpecRequest } }
      responses: { 200: { content: { 'application/json': ValidationResult } } } & Refusals
    }
  }
  '/v1/spec/estimate': {
    /** Reckon what a render would take */
    post: {
      parameters: { query?: { owner?: string; engine?: 'auto' | 'preview' | 'comfyui' | 'runpod'; resolution?: '480p' | '720p' | '1080p'; aspect?: '16:9' | '9:16' | '1:1'; fps?: 16 | 24 | 30; seed?: number; workflow?: string; draft?: boolean; captions?: 'soft' | 'burn' | 'off'; timecode?: boolean; cache?: 'use' | 'refresh' | 'bypass' | 'only'; loudness?: 'web' | 'ebu-r128' | 'none'; slate?: boolean; slate_take?: number; scenes?: string } }
      requestBody: { content: { 'application/json': EstimateRequest } }
      responses: { 200: { content: { 'application/json': Estimate } } } & Refusals
    }
  }
  '/v1/spec/plan': {
    /** See what a render would do */
    post: {
      parameters: { query?: { owner?: string; engine?: 'auto' | 'preview' | 'comfyui' | 'runpod'; resolution?: '480p' | '720p' | '1080p'; aspect?: '16:9' | '9:16' | '1:1'; fps?: 16 | 24 | 30; seed?: number; workflow?: string; draft?: boolean; captions?: 'soft' | 'burn' | 'off'; timecode?: boolean; cache?: 'use' | 'refresh' | 'bypass' | 'only'; loudness?: 'web' | 'ebu-r128' | 'none'; slate?: boolean; slate_take?: number; scenes?: string } }
      requestBody: { content: { 'application/json': EstimateRequest } }
      responses: { 200: { content: { 'application/json': RenderPlan } } } & Refusals
    }
  }
  '/v1/teams': {
    /** List the caller’s teams */
    get: {
      parameters: { query?: { limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': Team[] } } } & Refusals
    }
    /** Make a team */
    post: {
      requestBody: { content: { 'application/json': TeamRequest } }
      responses: { 201: { content: { 'application/json': Team } } } & Refusals
    }
  }
  '/v1/teams/{id}': {
    /** Read a team */
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Team } } } & Refusals
    }
    /** Change a team’s name or settings */
    patch: {
      parameters: { path: { id: string } }
      requestBody: { content: { 'application/json': TeamChangeRequest } }
      responses: { 200: { content: { 'application/json': Team } } } & Refusals
    }
    /** Delete a team */
    delete: {
      parameters: { path: { id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/teams/{id}/members': {
    /** List the members of a team */
    get: {
      parameters: { path: { id: string }; query?: { limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': Membership[] } } } & Refusals
    }
  }
  '/v1/teams/{id}/members/{user_id}': {
    /** Change a member’s role */
    patch: {
      parameters: { path: { id: string; user_id: string } }
      requestBody: { content: { 'application/json': MembershipChangeRequest } }
      responses: { 200: { content: { 'application/json': Membership } } } & Refusals
    }
    /** Remove a member */
    delete: {
      parameters: { path: { id: string; user_id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/teams/{id}/leave': {
    /** Leave a team */
    post: {
      parameters: { path: { id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/teams/{id}/invitations': {
    /** List the invitations of a team */
    get: {
      parameters: { path: { id: string }; query?: { state?: 'pending' | 'accepted' | 'declined' | 'expired' | 'revoked'; limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': Invitation[] } } } & Refusals
    }
    /** Invite somebody */
    post: {
      parameters: { path: { id: string } }
      requestBody: { content: { 'application/json': InvitationRequest } }
      responses: { 201: { content: { 'application/json': Invitation } } } & Refusals
    }
  }
  '/v1/teams/{id}/invitations/{invitation_id}': {
    /** Revoke an invitation */
    delete: {
      parameters: { path: { id: string; invitation_id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/teams/{id}/invitations/{invitation_id}/resend': {
    /** Send an invitation again */
    post: {
      parameters: { path: { id: string; invitation_id: string } }
      responses: { 200: { content: { 'application/json': Invitation } } } & Refusals
    }
  }
  '/v1/invitations': {
    /** List invitations to the caller */
    get: {
      parameters: { query?: { limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': ReceivedInvitation[] } } } & Refusals
    }
  }
  '/v1/invitations/{id}/accept': {
    /** Accept an invitation */
    post: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Membership } } } & Refusals
    }
  }
  '/v1/invitations/{id}/decline': {
    /** Decline an invitation */
    post: {
      parameters: { path: { id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/teams/{id}/projects': {
    /** List the projects of a team */
    get: {
      parameters: { path: { id: string }; query?: { status?: 'draft' | 'rendering' | 'completed' | 'archived'; include_archived?: boolean; limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': Project[] } } } & Refusals
    }
    /** Make a project */
    post: {
      parameters: { path: { id: string } }
      requestBody: { content: { 'application/json': NewProject } }
      responses: { 201: { content: { 'application/json': Project } } } & Refusals
    }
  }
  '/v1/projects/{id}': {
    /** Read a project */
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Project } } } & Refusals
    }
    /** Rename a project */
    patch: {
      parameters: { path: { id: string } }
      requestBody: { content: { 'application/json': ProjectChanges } }
      responses: { 200: { content: { 'application/json': Project } } } & Refusals
    }
    /** Delete a project */
    delete: {
      parameters: { path: { id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/projects/{id}/spec': {
    /** Save the storyboard of a project */
    put: {
      parameters: { path: { id: string }; header?: { 'If-Match'?: string } }
      requestBody: { content: { 'application/json': ProjectSpec } }
      responses: { 200: { content: { 'application/json': Project } } } & Refusals
    }
  }
  '/v1/projects/{id}/archive': {
    /** Archive a project */
    post: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Project } } } & Refusals
    }
  }
  '/v1/projects/{id}/unarchive': {
    /** Bring a project back */
    post: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Project } } } & Refusals
    }
  }
  '/v1/projects/{id}/render': {
    /** Render a project */
    post: {
      parameters: { path: { id: string }; header?: { 'Idempotency-Key'?: string } }
      requestBody?: { content: { 'application/json': RenderRequest } }
      responses: { 201: { content: { 'application/json': Job } }; 200: { content: { 'application/json': Job } } } & Refusals
    }
  }
  '/v1/projects/{id}/render-plan': {
    /** See what a render of a project would do */
    post: {
      parameters: { path: { id: string } }
      requestBody?: { content: { 'application/json': RenderPlanRequest } }
      responses: { 200: { content: { 'application/json': RenderPlan } } } & Refusals
    }
  }
  '/v1/projects/{id}/lines': {
    /** Hear what has been spoken */
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': SpokenLine[] } } } & Refusals
    }
  }
  '/v1/generate': {
    /** Render a storyboard */
    post: {
      parameters: { query?: { owner?: string; engine?: 'auto' | 'preview' | 'comfyui' | 'runpod'; resolution?: '480p' | '720p' | '1080p'; aspect?: '16:9' | '9:16' | '1:1'; fps?: 16 | 24 | 30; seed?: number; workflow?: string; draft?: boolean; captions?: 'soft' | 'burn' | 'off'; timecode?: boolean; cache?: 'use' | 'refresh' | 'bypass' | 'only'; loudness?: 'web' | 'ebu-r128' | 'none'; slate?: boolean; slate_take?: number; scenes?: string }; header?: { 'Idempotency-Key'?: string } }
      requestBody: { content: { 'application/json': GenerateRequest } }
      responses: { 201: { content: { 'application/json': Job } }; 200: { content: { 'application/json': Job } } } & Refusals
    }
  }
  '/v1/jobs': {
    /** List jobs */
    get: {
      parameters: { query?: { status?: 'queued' | 'processing' | 'completed' | 'failed' | 'canceled'; owner?: string; project_id?: string; created_after?: string; created_before?: string; include?: 'standing'; limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': Job[] } } } & Refusals
    }
  }
  '/v1/jobs/{id}': {
    /** Read a job */
    get: {
      parameters: { path: { id: string }; query?: { include?: 'standing' } }
      responses: { 200: { content: { 'application/json': Job } } } & Refusals
    }
    /** Delete a finished job */
    delete: {
      parameters: { path: { id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/jobs/{id}/cancel': {
    /** Cancel a job */
    post: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Job } } } & Refusals
    }
  }
  '/v1/jobs/{id}/clone': {
    /** Render a finished job again */
    post: {
      parameters: { path: { id: string }; header?: { 'Idempotency-Key'?: string } }
      requestBody?: { content: { 'application/json': CloneRequest } }
      responses: { 201: { content: { 'application/json': Job } }; 200: { content: { 'application/json': Job } } } & Refusals
    }
  }
  '/v1/teams/{id}/cache': {
    /** See what a team has made already */
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': CachedStage[] } } } & Refusals
    }
    /** Let go of what a team has made */
    delete: {
      parameters: { path: { id: string }; query?: { stage?: 'clip' | 'voice' | 'join' | 'audio' | 'film'; older_than?: string } }
      responses: { 200: { content: { 'application/json': Evicted } } } & Refusals
    }
  }
  '/v1/account/cache': {
    /** See what one has made already */
    get: {
      responses: { 200: { content: { 'application/json': CachedStage[] } } } & Refusals
    }
    /** Let go of what one has made */
    delete: {
      parameters: { query?: { stage?: 'clip' | 'voice' | 'join' | 'audio' | 'film'; older_than?: string } }
      responses: { 200: { content: { 'application/json': Evicted } } } & Refusals
    }
  }
  '/v1/jobs/{id}/events': {
    /** Follow a job by server-sent events */
    get: {
      parameters: { path: { id: string }; query?: { last_event_id?: string }; header?: { 'Last-Event-ID'?: string } }
      responses: { 200: { content: { 'text/event-stream': string } } } & Refusals
    }
  }
  '/v1/ws': {
    /** Follow jobs, projects, teams and engines by WebSocket */
    get: {
      responses: {  } & Refusals
    }
  }
  '/v1/ws/tickets': {
    /** Make a ticket for one WebSocket */
    post: {
      responses: { 201: { content: { 'application/json': Ticket } } } & Refusals
    }
  }
  '/v1/jobs/{id}/watch-links': {
    /** Make a link to a job’s live page */
    post: {
      parameters: { path: { id: string } }
      requestBody?: { content: { 'application/json': WatchLinkRequest } }
      responses: { 201: { content: { 'application/json': NewWatchLink } } } & Refusals
    }
    /** List the links of a job */
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': WatchLink[] } } } & Refusals
    }
  }
  '/v1/jobs/{id}/watch-links/{link_id}': {
    /** Revoke a link */
    delete: {
      parameters: { path: { id: string; link_id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/assets': {
    /** List assets */
    get: {
      parameters: { query?: { status?: 'pending' | 'ready' | 'failed'; owner?: string; project_id?: string; include?: 'usage'; content_type?: string; limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': Asset[] } } } & Refusals
    }
  }
  '/v1/assets/{id}': {
    /** Read an asset */
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Asset } } } & Refusals
    }
    /** Delete an asset */
    delete: {
      parameters: { path: { id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/assets/upload-url': {
    /** Announce a file */
    post: {
      requestBody: { content: { 'application/json': UploadRequest } }
      responses: { 201: { content: { 'application/json': Upload } } } & Refusals
    }
  }
  '/v1/assets/{id}/parts': {
    /** Send a file in parts */
    post: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': UploadParts } } } & Refusals
    }
  }
  '/v1/assets/{id}/confirm': {
    /** Confirm an upload */
    post: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Asset } } } & Refusals
    }
  }
  '/v1/system-assets': {
    /** List system assets */
    get: {
      parameters: { query?: { category?: 'sfx' | 'ambient' | 'music' | 'transition'; tags?: string; search?: string; limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': SystemAsset[] } } } & Refusals
    }
  }
  '/v1/system-assets/{id}': {
    /** Read a system asset */
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': SystemAsset } } } & Refusals
    }
  }
  '/v1/teams/{id}/webhooks': {
    /** List webhooks */
    get: {
      parameters: { path: { id: string }; query?: { limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': Webhook[] } } } & Refusals
    }
    /** Make a webhook */
    post: {
      parameters: { path: { id: string } }
      requestBody: { content: { 'application/json': WebhookRequest } }
      responses: { 201: { content: { 'application/json': WebhookSecret } } } & Refusals
    }
  }
  '/v1/webhooks/{id}': {
    /** Read a webhook */
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Webhook } } } & Refusals
    }
    /** Change a webhook */
    patch: {
      parameters: { path: { id: string } }
      requestBody: { content: { 'application/json': WebhookChangeRequest } }
      responses: { 200: { content: { 'application/json': Webhook } } } & Refusals
    }
    /** Delete a webhook */
    delete: {
      parameters: { path: { id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/webhooks/{id}/rotate-secret': {
    /** Change the secret */
    post: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': WebhookSecret } } } & Refusals
    }
  }
  '/v1/webhooks/{id}/test': {
    /** Send a test */
    post: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': WebhookDelivery } } } & Refusals
    }
  }
  '/v1/webhooks/{id}/deliveries': {
    /** List deliveries */
    get: {
      parameters: { path: { id: string }; query?: { status?: 'pending' | 'attempting' | 'retrying' | 'delivered' | 'failed'; event_type?: 'job.queued' | 'job.started' | 'job.progress' | 'job.completed' | 'job.failed' | 'job.canceled' | 'webhook.test'; created_after?: string; created_before?: string; limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': WebhookDelivery[] } } } & Refusals
    }
  }
  '/v1/webhook-deliveries/{id}/retry': {
    /** Send a failed delivery again */
    post: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': WebhookDelivery } } } & Refusals
    }
  }
  '/v1/engines': {
    /** List engines */
    get: {
      parameters: { query?: { include?: 'standing' } }
      responses: { 200: { content: { 'application/json': Engine[] } } } & Refusals
    }
  }
  '/v1/engines/{slug}': {
    /** Read an engine */
    get: {
      parameters: { path: { slug: string }; query?: { include?: 'standing' } }
      responses: { 200: { content: { 'application/json': Engine } } } & Refusals
    }
  }
  '/v1/engines/{slug}/health': {
    /** How an engine does */
    get: {
      parameters: { path: { slug: string } }
      responses: { 200: { content: { 'application/json': EngineHealth } } } & Refusals
    }
  }
  '/v1/engines/{slug}/catalogue': {
    /** What is installed on an engine */
    get: {
      parameters: { path: { slug: string } }
      responses: { 200: { content: { 'application/json': EngineCatalogue } } } & Refusals
    }
  }
  '/v1/admin/engines/{slug}/drain': {
    /** Take an engine out of service */
    post: {
      parameters: { path: { slug: string } }
      responses: { 200: { content: { 'application/json': Engine } } } & Refusals
    }
  }
  '/v1/admin/engines/{slug}/resume': {
    /** Put an engine back into service */
    post: {
      parameters: { path: { slug: string } }
      responses: { 200: { content: { 'application/json': Engine } } } & Refusals
    }
  }
  '/v1/admin/engines/{slug}/test': {
    /** Look at an engine now */
    post: {
      parameters: { path: { slug: string } }
      responses: { 200: { content: { 'application/json': EngineHealth } } } & Refusals
    }
  }
  '/v1/admin/engines/{slug}/refresh-catalogue': {
    /** Read the catalogue of an engine anew */
    post: {
      parameters: { path: { slug: string } }
      responses: { 200: { content: { 'application/json': EngineCatalogue } } } & Refusals
    }
  }
  '/v1/usage': {
    /** What an owner has used, by month */
    get: {
      parameters: { query?: { owner?: string; period?: string; limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': Usage[] } } } & Refusals
    }
  }
  '/v1/usage/days': {
    /** What renders of an owner took, by day, by person and by project */
    get: {
      parameters: { query?: { owner?: string; from?: string; to?: string } }
      responses: { 200: { content: { 'application/json': UsageDays } } } & Refusals
    }
  }
  '/v1/account/audit': {
    /** What one has done oneself */
    get: {
      parameters: { query?: { limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': AuditEntry[] } } } & Refusals
    }
  }
  '/v1/teams/{id}/audit': {
    /** Who did what in a team */
    get: {
      parameters: { path: { id: string }; query?: { limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': AuditEntry[] } } } & Refusals
    }
  }
  '/': {
    /** Name and version */
    get: {
      responses: { 200: { content: { 'text/plain': string } } } & Refusals
    }
  }
  '/sign-in': {
    /** The studio: signing in */
    get: {
      responses: { 200: { content: { 'text/html': unknown } } } & Refusals
    }
  }
  '/engines': {
    /** The studio: engines */
    get: {
      responses: { 200: { content: { 'text/html': unknown } } } & Refusals
    }
  }
  '/engines/{path}': {
    /** The studio: one engine */
    get: {
      parameters: { path: { path: string } }
      responses: { 200: { content: { 'text/html': unknown } } } & Refusals
    }
  }
  '/t/{path}': {
    /** The studio: pages of a team */
    get: {
      parameters: { path: { path: string } }
      responses: { 200: { content: { 'text/html': unknown } } } & Refusals
    }
  }
  '/account': {
    /** The studio: one’s own account */
    get: {
      responses: { 200: { content: { 'text/html': unknown } } } & Refusals
    }
  }
  '/account/{path}': {
    /** The studio: one’s keys and sessions */
    get: {
      parameters: { path: { path: string } }
      responses: { 200: { content: { 'text/html': unknown } } } & Refusals
    }
  }
  '/studio/assets/{name}': {
    /** A file of the studio */
    get: {
      parameters: { path: { name: string } }
      responses: { 200: { content: { '*/*': unknown } } } & Refusals
    }
  }
  '/health': {
    /** Whether the server is alive */
    get: {
      responses: { 200: { content: { 'text/plain': string } } } & Refusals
    }
  }
  '/ready': {
    /** Whether to send requests here */
    get: {
      responses: { 200: { content: { 'text/plain': string } } } & Refusals
    }
  }
  '/v1/status': {
    /** How the installation is doing */
    get: {
      responses: { 200: { content: { 'application/json': Status } } } & Refusals
    }
  }
  '/openapi.json': {
    /** This document */
    get: {
      responses: { 200: { content: { 'application/json': unknown } } } & Refusals
    }
  }
  '/docs': {
    /** This document, to read and to try */
    get: {
      responses: { 200: { content: { 'text/html': unknown } } } & Refusals
    }
  }
  '/docs/assets/{version}/{name}': {
    /** A file of that page */
    get: {
      parameters: { path: { version: string; name: string } }
      responses: { 200: { content: { '*/*': unknown } } } & Refusals
    }
  }
  '/setup': {
    /** The page that makes the first operator */
    get: {
      responses: { 200: { content: { 'text/html': unknown } } } & Refusals
    }
  }
  '/schemas/{name}': {
    /** A published JSON Schema */
    get: {
      parameters: { path: { name: string } }
      responses: { 200: { content: { 'application/schema+json': unknown } } } & Refusals
    }
  }
  '/watch/{job}': {
    /** The live page of a job */
    get: {
      parameters: { path: { job: string } }
      responses: { 200: { content: { 'text/html': unknown } } } & Refusals
    }
  }
  '/watch/assets/{version}/{name}': {
    /** A file of the live page */
    get: {
      parameters: { path: { version: string; name: string } }
      responses: { 200: { content: { '*/*': unknown } } } & Refusals
    }
  }
  '/teams/{team_id}/invitations/{id}/accept': {
    /** The page behind the link of an invitation */
    get: {
      parameters: { path: { team_id: string; id: string }; query?: { token?: string } }
      responses: { 200: { content: { 'text/html': unknown } } } & Refusals
    }
  }
  '/join/assets/{name}': {
    /** A file of that page */
    get: {
      parameters: { path: { name: string } }
      responses: { 200: { content: { '*/*': unknown } } } & Refusals
    }
  }
  '/internal/engines/{engine}/callback': {
    /** An engine reports on a scene */
    post: {
      parameters: { path: { engine: string }; query: { job: string; scene: string; attempt: string; token: string } }
      responses: { 200: { content: { 'text/plain': string } } } & Refusals
    }
  }
  '/media/{key}': {
    /** A film, clip, picture or asset */
    get: {
      parameters: { path: { key: string }; query: { expires: string; signature: string; filename?: string }; header?: { Range?: string } }
      responses: { 200: { content: { '*/*': unknown } }; 206: { content: { '*/*': unknown } } } & Refusals
    }
    /** Send the file of an asset */
    put: {
      parameters: { path: { key: string }; query: { expires: string; type: string; size: string; signature: string } }
      responses: { 200: { content?: never } } & Refusals
    }
  }
}
