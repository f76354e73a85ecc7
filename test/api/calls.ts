/** How each operation is asked in the matrix of callers and things. */
import type { Tier } from '../../core/access/principal.ts'
import type { World } from './world.ts'

/** How an operation is asked so that nothing but the caller's rights decides. */
export type Call = {
  /** Status for those who may. Where a request would go on for long or far, one that is refused at the next step is sent. */
  ok: number | Record<Tier, number>
  body?: unknown | ((world: World) => unknown)
  /** State that a thing has to be in before. */
  state?: 'active' | 'archived' | 'pending'
  /** The thing is used up, so that everybody who may needs one of the own. */
  spent?: true
  /** The caller is used up. */
  newcomer?: true
}

let invited = 0
export const CALLS: Readonly<Record<string, Call>> = {
  'GET /': { ok: 200 },
  'GET /health': { ok: 200 },
  'GET /ready': { ok: 200 },
  'GET /openapi.json': { ok: 200 },
  'GET /docs': { ok: 200 },
  'GET /docs/assets/{version}/{name}': { ok: 404 },
  'GET /schemas/{name}': { ok: 404 },
  'GET /watch/{job}': { ok: 200 },
  'GET /watch/assets/{version}/{name}': { ok: 404 },
  'GET /sign-in': { ok: 200 },
  'GET /engines': { ok: 200 },
  'GET /engines/{path}': { ok: 200 },
  'GET /t/{path}': { ok: 200 },
  'GET /account': { ok: 200 },
  'GET /account/{path}': { ok: 200 },
  'GET /studio/assets/{name}': { ok: 404 },
  'GET /setup': { ok: 200 },
  'GET /teams/{team_id}/invitations/{id}/accept': { ok: 200 },
  'GET /join/assets/{name}': { ok: 404 },
  // The link is the permission, and there is none here.
  'GET /media/{key}': { ok: 403 },
  'PUT /media/{key}': { ok: 403 },
  // The token is the permission, and there is none here.
  'POST /internal/engines/{engine}/callback': { ok: 404 },
  'GET /v1/status': { ok: 200 },

  'POST /v1/auth/setup': { ok: 400, body: {} },
  'POST /v1/auth/signup': { ok: 400, body: {} },
  'POST /v1/auth/login': { ok: 400, body: {} },
  'POST /v1/auth/logout': { ok: 204, newcomer: true },
  // Nobody here has a password.
  'POST /v1/auth/password': {
    ok: 409,
    body: { current_password: 'correct horse', new_password: 'battery staple' },
  },
  'GET /v1/auth/whoami': { ok: 200 },
  'GET /v1/auth/sessions': { ok: 200 },
  'DELETE /v1/auth/sessions': { ok: 204, newcomer: true },
  'DELETE /v1/auth/sessions/{id}': { ok: 204, spent: true },
  'GET /v1/auth/keys': { ok: 200 },
  'GET /v1/auth/keys/{id}': { ok: 200 },
  'POST /v1/auth/keys': { ok: 201, body: { name: 'made', scopes: ['generate'] } },
  'PATCH /v1/auth/keys/{id}': { ok: 200, body: { name: 'renamed' } },
  'DELETE /v1/auth/keys/{id}': { ok: 204, spent: true },
  'GET /v1/account': { ok: 200 },
  'PATCH /v1/account': { ok: 200, body: { name: 'Asked' } },
  'POST /v1/account/upgrade': { ok: { starter: 409, creator: 400 }, body: { target_tier: 'starter' } },
  'DELETE /v1/account': { ok: 204, newcomer: true },

  'GET /v1/teams': { ok: 200 },
  'POST /v1/teams': { ok: 201, body: { name: 'Another' } },
  'GET /v1/teams/{id}': { ok: 200 },
  'PATCH /v1/teams/{id}': { ok: 200, body: { name: 'Asked' } },
  // There are other members.
  'DELETE /v1/teams/{id}': { ok: 409 },
  'GET /v1/teams/{id}/members': { ok: 200 },
  'PATCH /v1/teams/{id}/members/{user_id}': { ok: 200, body: { role: 'member' } },
  'DELETE /v1/teams/{id}/members/{user_id}': { ok: 204, spent: true },
  'POST /v1/teams/{id}/leave': { ok: 204, spent: true },
  'GET /v1/teams/{id}/invitations': { ok: 200 },
  'POST /v1/teams/{id}/invitations': {
    ok: 201,
    body: () => {
      invited += 1
      return { email: `asked${invited}@example.test`, role: 'member' }
    },
  },
  'DELETE /v1/teams/{id}/invitations/{invitation_id}': { ok: 204, spent: true },
  'POST /v1/teams/{id}/invitations/{invitation_id}/resend': { ok: 200 },
  'GET /v1/invitations': { ok: 200 },
  'POST /v1/invitations/{id}/accept': { ok: 200, spent: true, newcomer: true },
  'POST /v1/invitations/{id}/decline': { ok: 204, spent: true },

  'GET /v1/teams/{id}/projects': { ok: 200 },
  'POST /v1/teams/{id}/projects': { ok: 201, body: { name: 'Made' } },
  'GET /v1/projects/{id}': { ok: 200 },
  'PATCH /v1/projects/{id}': { ok: 200, body: { name: 'Renamed' } },
  'PUT /v1/projects/{id}/spec': { ok: 200, body: { spec: { title: 'Saved' } }, spent: true },
  'DELETE /v1/projects/{id}': { ok: 204, spent: true },
  'POST /v1/projects/{id}/archive': { ok: 200, spent: true },
  'POST /v1/projects/{id}/unarchive': { ok: 200, spent: true, state: 'archived' },
  // It has no storyboard.
  'POST /v1/projects/{id}/render': { ok: 400 },
  'POST /v1/projects/{id}/render-plan': { ok: 400 },
  'GET /v1/projects/{id}/lines': { ok: 200 },

  'POST /v1/generate': { ok: 400, body: { spec: {} } },
  'GET /v1/jobs': { ok: 200 },
  'GET /v1/jobs/{id}': { ok: 200 },
  'GET /v1/jobs/{id}/events': { ok: 200 },
  'POST /v1/jobs/{id}/cancel': { ok: 200, spent: true, state: 'active' },
  // Its storyboard is none.
  'POST /v1/jobs/{id}/clone': { ok: 400 },
  'DELETE /v1/jobs/{id}': { ok: 204, spent: true },
  'POST /v1/jobs/{id}/watch-links': { ok: 201 },
  'GET /v1/jobs/{id}/watch-links': { ok: 200 },
  'DELETE /v1/jobs/{id}/watch-links/{link_id}': { ok: 204, spent: true },
  'POST /v1/ws/tickets': { ok: 201 },

  'POST /v1/spec/validate': { ok: 200, body: { spec: {} } },
  'POST /v1/spec/estimate': { ok: 400, body: { spec: {} } },
  'POST /v1/spec/plan': { ok: 400, body: { spec: {} } },

  'GET /v1/assets': { ok: 200 },
  'GET /v1/assets/{id}': { ok: 200 },
  'POST /v1/assets/upload-url': {
    ok: 201,
    body: { filename: 'mara.png', content_type: 'image/png', size_bytes: 9 },
  },
  'POST /v1/assets/{id}/parts': { ok: 200, state: 'pending' },
  // Nothing has been uploaded.
  'POST /v1/assets/{id}/confirm': { ok: 409, state: 'pending' },
  'DELETE /v1/assets/{id}': { ok: 204, spent: true },
  // There is none of that name.
  'GET /v1/engines': { ok: 200 },
  'GET /v1/engines/{slug}': { ok: 404 },
  'GET /v1/engines/{slug}/health': { ok: 404 },
  'GET /v1/engines/{slug}/catalogue': { ok: 404 },
  // Nobody here is an operator; test/engines asks as one.
  'POST /v1/admin/engines/{slug}/drain': { ok: 403 },
  'POST /v1/admin/engines/{slug}/resume': { ok: 403 },
  'POST /v1/admin/engines/{slug}/test': { ok: 403 },
  'POST /v1/admin/engines/{slug}/refresh-catalogue': { ok: 403 },
  'GET /v1/system-assets': { ok: 200 },
  'GET /v1/system-assets/{id}': { ok: 404 },

  'GET /v1/teams/{id}/webhooks': { ok: 200 },
  'POST /v1/teams/{id}/webhooks': {
    ok: 201,
    body: { url: 'https://93.184.216.34/hook', events: ['job.completed'] },
  },
  'GET /v1/webhooks/{id}': { ok: 200 },
  'PATCH /v1/webhooks/{id}': { ok: 200, body: { is_active: false } },
  'DELETE /v1/webhooks/{id}': { ok: 204, spent: true },
  'POST /v1/webhooks/{id}/rotate-secret': { ok: 200 },
  // It is not active.
  'POST /v1/webhooks/{id}/test': { ok: 409 },
  'GET /v1/webhooks/{id}/deliveries': { ok: 200 },
  // It was delivered.
  'POST /v1/webhook-deliveries/{id}/retry': { ok: 409 },
  'GET /v1/teams/{id}/cache': { ok: 200 },
  'DELETE /v1/teams/{id}/cache': { ok: 200 },
  'GET /v1/account/cache': { ok: 200 },
  'DELETE /v1/account/cache': { ok: 200 },
  'GET /v1/usage': { ok: 200 },
  'GET /v1/usage/days': { ok: 200 },
  'GET /v1/account/audit': { ok: 200 },
  'GET /v1/teams/{id}/audit': { ok: 200 },
}
