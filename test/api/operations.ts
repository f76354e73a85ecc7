/**
 * Every operation of the API as it was agreed on, written down by hand: who may call it, and what those are told who may
 * not. Tests hold the OpenAPI document and the running server to it.
 */
import type { Scope } from '../../core/access/principal.ts'
import type { TeamRole } from '../../core/access/roles.ts'

/**
 * `any`: sessions, and keys that carry one of the scopes (none named: every key). `session`: people who have logged in;
 * a key is told that it is no valid token. `socket`: what `any` takes, and what only a handshake can carry.
 */
type CredentialClass = 'public' | 'any' | 'session' | 'socket'

export type AgreedOperation = {
  method: string
  path: string
  credential: CredentialClass
  /** Lowest tier that is let in. */
  tier: 'starter' | 'creator'
  scopes: readonly Scope[]
  /** Whether the token of a watch link does as well. */
  watchers: boolean
  /** Roles that may do it to a thing of the team that somebody else made; null where no team has a part in it. */
  roles: readonly TeamRole[] | null
  /** Roles that may do it to a thing that they made themselves; null where that makes no difference. */
  ownRoles: readonly TeamRole[] | null
  /** What a role that is too low is told. */
  tooLow: 403 | 404
  /** Where the request names an owner URN, besides or instead of a thing in the path. */
  owner: 'body' | 'query' | null
  /** What is said of a thing or an owner that is out of reach, and of one that is not there. */
  foreign: 403 | 404
  missing: 403 | 404
  /** Not of the published contract, but an addition to it. */
  ours: boolean
}

type Over = Partial<Omit<AgreedOperation, 'method' | 'path' | 'credential' | 'scopes'>>

const ADMINS = ['owner', 'admin'] as const
const WORKERS = [...ADMINS, 'member'] as const
const ALL = [...WORKERS, 'viewer'] as const

const operation =
  (credential: CredentialClass, defaults: Over = {}) =>
  (call: string, scopes: readonly Scope[] = [], over: Over = {}): AgreedOperation => {
    const [method = '', path = ''] = call.split(' ')
    return {
      method,
      path,
      credential,
      tier: 'starter',
      scopes,
      watchers: false,
      roles: null,
      ownRoles: null,
      owner: null,
      tooLow: 403,
      foreign: 404,
      missing: 404,
      ours: false,
      ...defaults,
      ...over,
    }
  }

const open = operation('public')
const anyone = operation('any')
const person = operation('session')
const creator = operation('any', { tier: 'creator' })
const creatorPerson = operation('session', { tier: 'creator' })

const OURS = { ours: true }
/** Lists of a team say the same whether or not there is such a team. */
const OF_TEAM = { foreign: 403, missing: 403 } as const
const TEAM = { foreign: 403, missing: 404 } as const
/** What is made or looked up on behalf of an owner. */
const onBehalf = (owner: 'body' | 'query') => ({ roles: WORKERS, owner, foreign: 403, missing: 403 }) as const

export const AGREED: readonly AgreedOperation[] = [
  open('GET /'),
  open('GET /health'),
  open('GET /ready', [], OURS),
  open('GET /openapi.json', [], OURS),
  open('GET /docs', [], OURS),
  open('GET /docs/assets/{version}/{name}', [], OURS),
  open('GET /sign-in', [], OURS),
  open('GET /engines', [], OURS),
  open('GET /engines/{path}', [], OURS),
  open('GET /t/{path}', [], OURS),
  open('GET /account', [], OURS),
  open('GET /account/{path}', [], OURS),
  open('GET /studio/assets/{name}', [], OURS),
  open('GET /setup', [], OURS),
  open('GET /teams/{team_id}/invitations/{id}/accept', [], OURS),
  open('GET /join/assets/{name}', [], OURS),
  open('GET /schemas/{name}', [], OURS),
  open('GET /watch/{job}', [], OURS),
  open('GET /watch/assets/{version}/{name}', [], OURS),
  open('GET /media/{key}', [], OURS),
  open('PUT /media/{key}', [], OURS),
  open('POST /internal/engines/{engine}/callback', [], OURS),
  anyone('GET /v1/status'),

  open('POST /v1/auth/signup'),
  open('POST /v1/auth/login'),
  open('POST /v1/auth/setup', [], OURS),
  person('POST /v1/auth/logout'),
  person('POST /v1/auth/password', [], OURS),
  anyone('GET /v1/auth/whoami'),

  person('GET /v1/auth/sessions', [], OURS),
  person('DELETE /v1/auth/sessions', [], OURS),
  person('DELETE /v1/auth/sessions/{id}', [], OURS),
  person('GET /v1/auth/keys'),
  person('GET /v1/auth/keys/{id}'),
  person('POST /v1/auth/keys'),
  person('PATCH /v1/auth/keys/{id}'),
  person('DELETE /v1/auth/keys/{id}'),

  person('GET /v1/account'),
  person('PATCH /v1/account'),
  person('POST /v1/account/upgrade'),
  person('DELETE /v1/account'),

  creatorPerson('GET /v1/teams'),
  creatorPerson('POST /v1/teams'),
  creatorPerson('GET /v1/teams/{id}', [], { roles: ALL, ...TEAM }),
  creatorPerson('PATCH /v1/teams/{id}', [], { roles: ADMINS, ...TEAM }),
  creatorPerson('DELETE /v1/teams/{id}', [], { roles: ['owner'], ...TEAM }),

  creatorPerson('GET /v1/teams/{id}/members', [], { roles: ALL, ...OF_TEAM }),
  creatorPerson('PATCH /v1/teams/{id}/members/{user_id}', [], { roles: ADMINS, ...OF_TEAM }),
  creatorPerson('DELETE /v1/teams/{id}/members/{user_id}', [], { roles: ADMINS, ...OF_TEAM }),
  creatorPerson('POST /v1/teams/{id}/leave', [], { roles: ALL }),

  creatorPerson('GET /v1/teams/{id}/invitations', [], { roles: ADMINS, ...OF_TEAM }),
  creatorPerson('POST /v1/teams/{id}/invitations', [], { roles: ADMINS, ...OF_TEAM }),
  creatorPerson('DELETE /v1/teams/{id}/invitations/{invitation_id}', [], { roles: ADMINS, ...OF_TEAM }),
  creatorPerson('POST /v1/teams/{id}/invitations/{invitation_id}/resend', [], { roles: ADMINS, ...OF_TEAM }),
  person('GET /v1/invitations', [], OURS),
  person('POST /v1/invitations/{id}/accept', [], { foreign: 403 }),
  person('POST /v1/invitations/{id}/decline', [], { foreign: 403 }),

  creator('GET /v1/teams/{id}/projects', ['projects:read'], { roles: ALL, ...OF_TEAM }),
  creator('POST /v1/teams/{id}/projects', ['projects:write'], { roles: WORKERS, ...OF_TEAM }),
  creator('GET /v1/projects/{id}', ['projects:read'], { roles: ALL }),
  creator('PATCH /v1/projects/{id}', ['projects:write'], { roles: WORKERS }),
  creator('PUT /v1/projects/{id}/spec', ['projects:write'], { roles: WORKERS }),
  creator('DELETE /v1/projects/{id}', ['projects:write'], { roles: ADMINS }),
  creator('POST /v1/projects/{id}/archive', ['projects:write'], { roles: ADMINS }),
  creator('POST /v1/projects/{id}/unarchive', ['projects:write'], { roles: ADMINS }),
  creator('POST /v1/projects/{id}/render', ['projects:write'], { roles: WORKERS }),
  creator('POST /v1/projects/{id}/render-plan', ['projects:read'], { roles: ALL }),
  creator('GET /v1/projects/{id}/lines', ['projects:read'], { roles: ALL, ...OURS }),

  anyone('POST /v1/generate', ['generate'], onBehalf('body')),
  anyone('GET /v1/jobs', ['jobs:read']),
  anyone('GET /v1/jobs/{id}', ['jobs:read'], { roles: ALL, watchers: true }),
  anyone('GET /v1/jobs/{id}/events', ['jobs:read'], { roles: ALL, watchers: true }),
  anyone('POST /v1/jobs/{id}/cancel', ['jobs:write'], { roles: ADMINS, ownRoles: ALL, tooLow: 404 }),
  anyone('POST /v1/jobs/{id}/clone', ['jobs:write'], { roles: WORKERS }),
  anyone('DELETE /v1/jobs/{id}', ['jobs:write'], { roles: ADMINS, ownRoles: WORKERS }),
  anyone('POST /v1/jobs/{id}/watch-links', ['jobs:read'], { roles: ALL, ...OURS }),
  anyone('GET /v1/jobs/{id}/watch-links', ['jobs:read'], { roles: ALL, ...OURS }),
  anyone('DELETE /v1/jobs/{id}/watch-links/{link_id}', ['jobs:write'], { roles: ALL, ...OURS }),
  operation('socket')('GET /v1/ws', [], OURS),
  anyone('POST /v1/ws/tickets', [], OURS),

  anyone('POST /v1/spec/validate', ['generate', 'projects:read']),
  anyone('POST /v1/spec/estimate', ['generate', 'projects:read'], onBehalf('body')),
  anyone('POST /v1/spec/plan', ['generate', 'projects:read'], onBehalf('body')),

  anyone('GET /v1/assets', ['assets:read']),
  anyone('GET /v1/assets/{id}', ['assets:read'], { roles: ALL }),
  anyone('POST /v1/assets/upload-url', ['assets:write'], onBehalf('body')),
  anyone('POST /v1/assets/{id}/parts', ['assets:write'], {
    roles: [],
    ownRoles: ALL,
    tooLow: 404,
    ...OURS,
  }),
  anyone('POST /v1/assets/{id}/confirm', ['assets:write'], { roles: [], ownRoles: ALL, tooLow: 404 }),
  anyone('DELETE /v1/assets/{id}', ['assets:write'], { roles: ADMINS, ownRoles: WORKERS }),

  anyone('GET /v1/system-assets'),
  anyone('GET /v1/system-assets/{id}'),

  anyone('GET /v1/engines'),
  anyone('GET /v1/engines/{slug}'),
  anyone('GET /v1/engines/{slug}/health'),
  anyone('GET /v1/engines/{slug}/catalogue'),
  anyone('POST /v1/admin/engines/{slug}/drain', ['*']),
  anyone('POST /v1/admin/engines/{slug}/resume', ['*']),
  anyone('POST /v1/admin/engines/{slug}/test', ['*']),
  anyone('POST /v1/admin/engines/{slug}/refresh-catalogue', ['*']),

  creator('GET /v1/teams/{id}/webhooks', ['webhooks:read'], { roles: ADMINS, ...OF_TEAM }),
  creator('POST /v1/teams/{id}/webhooks', ['webhooks:write'], { roles: ADMINS, ...OF_TEAM }),
  creator('GET /v1/webhooks/{id}', ['webhooks:read'], { roles: ADMINS }),
  creator('PATCH /v1/webhooks/{id}', ['webhooks:write'], { roles: ADMINS }),
  creator('DELETE /v1/webhooks/{id}', ['webhooks:write'], { roles: ADMINS }),
  creator('POST /v1/webhooks/{id}/rotate-secret', ['webhooks:write'], { roles: ADMINS }),
  creator('POST /v1/webhooks/{id}/test', ['webhooks:write'], { roles: ADMINS }),
  creator('GET /v1/webhooks/{id}/deliveries', ['webhooks:read'], { roles: ADMINS }),
  creator('POST /v1/webhook-deliveries/{id}/retry', ['webhooks:write'], { roles: ADMINS }),

  creator('GET /v1/teams/{id}/cache', ['projects:read'], { roles: ALL, ...OF_TEAM }),
  creator('DELETE /v1/teams/{id}/cache', ['projects:write'], { roles: ADMINS, ...OF_TEAM }),
  person('GET /v1/account/cache', [], OURS),
  person('DELETE /v1/account/cache', [], OURS),

  anyone('GET /v1/usage', ['jobs:read'], { ...onBehalf('query'), ...OURS }),
  anyone('GET /v1/usage/days', ['jobs:read'], { ...onBehalf('query'), ...OURS }),
  person('GET /v1/account/audit', [], OURS),
  creatorPerson('GET /v1/teams/{id}/audit', [], { roles: ADMINS, ...OF_TEAM, ...OURS }),
]

/**
 * What each operation may answer besides: success, then its own refusals. Not listed are those that follow from what it
 * takes: 401 and 403 of credentials, 400 of ids, queries and bodies, 413, 415, 429 of callers who come too often, 500, 503.
 */
export const ANSWERS: Readonly<Record<string, string>> = {
  'GET /': '200',
  'GET /health': '200 503',
  'GET /v1/status': '200',
  'POST /v1/auth/signup': '201 400 403 404 409 429',
  'POST /v1/auth/login': '200 400 401 403 429',
  'POST /v1/auth/logout': '204',
  'POST /v1/auth/password': '204 400 401 409',
  'GET /v1/auth/whoami': '200',
  'GET /v1/auth/sessions': '200',
  'DELETE /v1/auth/sessions': '204',
  'DELETE /v1/auth/sessions/{id}': '204 404',
  'GET /v1/auth/keys': '200',
  'GET /v1/auth/keys/{id}': '200 404',
  'POST /v1/auth/keys': '201 400 403 409',
  'PATCH /v1/auth/keys/{id}': '200 404 409',
  'DELETE /v1/auth/keys/{id}': '204 404 409',
  'GET /v1/account': '200',
  'PATCH /v1/account': '200 400',
  'POST /v1/account/upgrade': '200 400 409',
  'DELETE /v1/account': '204 409',
  'GET /v1/teams': '200',
  'POST /v1/teams': '201 400 409',
  'GET /v1/teams/{id}': '200 403 404',
  'PATCH /v1/teams/{id}': '200 400 403 404',
  'DELETE /v1/teams/{id}': '204 403 404 409',
  'GET /v1/teams/{id}/members': '200 403',
  'PATCH /v1/teams/{id}/members/{user_id}': '200 400 403 404 409',
  'DELETE /v1/teams/{id}/members/{user_id}': '204 400 403 404 409',
  'POST /v1/teams/{id}/leave': '204 404 409',
  'GET /v1/teams/{id}/invitations': '200 403',
  'POST /v1/teams/{id}/invitations': '201 400 403 409 429',
  'DELETE /v1/teams/{id}/invitations/{invitation_id}': '204 403 404 409',
  'POST /v1/teams/{id}/invitations/{invitation_id}/resend': '200 403 404 409 429',
  'GET /v1/invitations': '200',
  'POST /v1/invitations/{id}/accept': '200 403 404 409',
  'POST /v1/invitations/{id}/decline': '204 403 404 409',
  'GET /v1/teams/{id}/projects': '200 403',
  'POST /v1/teams/{id}/projects': '201 400 403',
  'GET /v1/projects/{id}': '200 404',
  'PATCH /v1/projects/{id}': '200 403 404',
  'PUT /v1/projects/{id}/spec': '200 400 403 404 409 412',
  'DELETE /v1/projects/{id}': '204 403 404 409',
  'POST /v1/projects/{id}/archive': '200 403 404 409',
  'POST /v1/projects/{id}/unarchive': '200 403 404 409',
  'POST /v1/projects/{id}/render': '201 400 402 403 404 409 415 422',
  'POST /v1/projects/{id}/render-plan': '200 400 404',
  'POST /v1/generate': '200 201 400 402 403 409 415 422',
  'GET /v1/jobs': '200 400',
  'GET /v1/jobs/{id}': '200 404',
  'GET /v1/jobs/{id}/events': '200 404 410 429',
  'POST /v1/jobs/{id}/cancel': '200 404 409',
  'POST /v1/jobs/{id}/clone': '201 400 402 403 404 409 415 422',
  'DELETE /v1/jobs/{id}': '204 400 403 404',
  'POST /v1/jobs/{id}/watch-links': '201 404',
  'GET /v1/jobs/{id}/watch-links': '200 404',
  'DELETE /v1/jobs/{id}/watch-links/{link_id}': '204 404',
  'POST /v1/ws/tickets': '201',
  'GET /v1/ws': '101 401 426 429',
  'POST /v1/spec/validate': '200 400',
  'POST /v1/spec/estimate': '200 400 403',
  'POST /v1/spec/plan': '200 400 403',
  'GET /v1/assets': '200',
  'GET /v1/assets/{id}': '200 404',
  'POST /v1/assets/upload-url': '201 400 403 404',
  'POST /v1/assets/{id}/confirm': '200 400 404 409',
  'DELETE /v1/assets/{id}': '204 403 404',
  'GET /v1/system-assets': '200 400',
  'GET /v1/system-assets/{id}': '200 404',
  'GET /v1/engines': '200 400',
  'GET /v1/engines/{slug}': '200 400 404',
  'GET /v1/engines/{slug}/health': '200 404',
  'GET /v1/engines/{slug}/catalogue': '200 404',
  'POST /v1/admin/engines/{slug}/drain': '200 403 404',
  'POST /v1/admin/engines/{slug}/resume': '200 403 404',
  'POST /v1/admin/engines/{slug}/test': '200 403 404 503',
  'POST /v1/admin/engines/{slug}/refresh-catalogue': '200 403 404 503',
  'GET /v1/teams/{id}/webhooks': '200 403',
  'POST /v1/teams/{id}/webhooks': '201 400 403 409',
  'GET /v1/webhooks/{id}': '200 403 404',
  'PATCH /v1/webhooks/{id}': '200 400 403 404',
  'DELETE /v1/webhooks/{id}': '204 403 404',
  'POST /v1/webhooks/{id}/rotate-secret': '200 403 404',
  'POST /v1/webhooks/{id}/test': '200 403 404 409',
  'GET /v1/webhooks/{id}/deliveries': '200 403 404',
  'POST /v1/webhook-deliveries/{id}/retry': '200 403 404 409',
  'GET /v1/teams/{id}/cache': '200 403',
  'DELETE /v1/teams/{id}/cache': '200 400 403',
  'GET /v1/usage': '200 400 403',
  'GET /v1/usage/days': '200 400 403',
}

/** Keys of the objects of the API, in order; `more` follow where one object alone is read. */
export const WIRE_OBJECTS: Readonly<Record<string, { keys: string; more?: string }>> = {
  User: {
    keys: 'id email name avatar_url tier credits ephemeral_storage_bytes upgraded_at created_at updated_at',
  },
  Team: {
    keys: 'id name slug credits ephemeral_storage_bytes settings created_at updated_at user_role user_urn',
  },
  Membership: { keys: 'id team_id user_id role created_at user_email user_name user_avatar_url' },
  // The link is there for those who may invite, where no mail server could send it.
  Invitation: {
    keys: 'id team_id email role state invited_by expires_at created_at',
    more: 'accept_url',
  },
  ApiKey: {
    keys: 'id user_id owner name key_prefix scopes last_used_at expires_at revoked_at created_at',
  },
  Project: {
    keys: 'id team_id created_by name status spec spec_revision created_at updated_at',
    more: 'latest_job',
  },
  Job: {
    keys: 'id owner triggered_by project_id status spec_snapshot options progress output output_size_bytes error credits_charged failure_type credits_refunded idempotency_key started_at completed_at created_at updated_at',
    more: 'engine servers queue_position waiting_for',
  },
  Asset: {
    keys: 'id owner uploaded_by project_id filename s3_key content_type size_bytes status metadata created_at updated_at',
    more: 'download_url download_url_expires_at thumbnail_url usage',
  },
  SystemAsset: {
    keys: 'id category name description duration_seconds s3_key content_type size_bytes tags created_at',
    more: 'preview_url preview_url_expires_at peaks',
  },
  Webhook: { keys: 'id team_id created_by url events is_active last_triggered_at created_at updated_at' },
  WebhookDelivery: {
    keys: 'id webhook_id job_id event_type status payload response_status response_body attempts max_attempts next_retry_at delivered_at created_at',
    more: 'request_headers response_ms',
  },
  Usage: {
    keys: 'owner period renders_count render_seconds credits_used credits_refunded net_credits api_calls updated_at',
  },
}

/** Agreed on and not there yet: operations and objects. */
export const NOT_YET: readonly string[] = []
