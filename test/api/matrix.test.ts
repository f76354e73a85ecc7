/**
 * Every operation is asked by everybody of everything: without a credential, with bad ones, in every role, with keys; of
 * things that are theirs, of others' and of none. What is expected follows from the table of operations (operations.ts).
 */
import { t } from 'tap'
import { SCOPES, type Scope, type Tier } from '../../core/access/principal.ts'
import { newId } from '../../core/platform/ids.ts'
import type { Operation } from '../../server/openapi/operation.ts'
import { OPERATIONS } from '../../server/openapi/operations.ts'
import { inTurns } from '../support/in-turns.ts'
import { startStudio } from '../support/studio.ts'
import { AGREED, type AgreedOperation } from './operations.ts'
import {
  type Actor,
  buildWorld,
  fingerprint,
  type Kind,
  kindsOf,
  make,
  personalOwner,
  teamUrn,
  type World,
} from './world.ts'

const PARALLEL = 12

/** How an operation is asked so that nothing but the caller's rights decides. */
type Call = {
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
const CALLS: Readonly<Record<string, Call>> = {
  'GET /': { ok: 200 },
  'GET /health': { ok: 200 },
  'GET /ready': { ok: 200 },
  'GET /openapi.json': { ok: 200 },
  'GET /docs': { ok: 200 },
  'GET /docs/assets/{version}/{name}': { ok: 404 },
  'GET /setup': { ok: 200 },
  'GET /setup/assets/{version}/{name}': { ok: 404 },
  'GET /teams/{team_id}/invitations/{id}/accept': { ok: 200 },
  'GET /join/assets/{name}': { ok: 404 },
  'GET /schemas/{name}': { ok: 404 },
  'GET /watch/{job}': { ok: 200 },
  'GET /watch/assets/{version}/{name}': { ok: 404 },
  'GET /setup': { ok: 200 },
  'GET /setup/assets/{version}/{name}': { ok: 404 },
  'GET /teams/{team_id}/invitations/{id}/accept': { ok: 200 },
  'GET /join/assets/{name}': { ok: 404 },
  // The link is the permission, and there is none here.
  'GET /media/{key}': { ok: 403 },
  'PUT /media/{key}': { ok: 403 },
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

  'GET /v1/assets': { ok: 200 },
  'GET /v1/assets/{id}': { ok: 200 },
  'POST /v1/assets/upload-url': {
    ok: 201,
    body: { filename: 'mara.png', content_type: 'image/png', size_bytes: 9 },
  },
  // Nothing has been uploaded.
  'POST /v1/assets/{id}/confirm': { ok: 409, state: 'pending' },
  'DELETE /v1/assets/{id}': { ok: 204, spent: true },
  // There is none of that name.
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
  'GET /v1/usage': { ok: 200 },
  'GET /v1/account/audit': { ok: 200 },
  'GET /v1/teams/{id}/audit': { ok: 200 },
}

/**
 * What is asked for. `own`: of the team, made by another member; `mine`: of the team, made by the caller; `personal`: the
 * caller's alone. With two ids in the path, `inner` is about the second, within the team.
 */
type Target = 'none' | 'own' | 'mine' | 'personal' | 'foreign' | 'missing' | 'inner foreign' | 'inner missing'

const nameOf = ({ method, path }: { method: string; path: string }) => `${method.toUpperCase()} ${path}`

/** Things that belong to a person rather than to a team. */
const PRIVATE: readonly Kind[] = ['key', 'received']
const OWNED: readonly Kind[] = ['job', 'asset']

function targetsOf({ path, owner, ownRoles }: AgreedOperation): readonly Target[] {
  const [kind, inner] = kindsOf(path)
  if (!kind) return owner ? ['none', 'own', 'foreign', 'missing'] : ['none']
  return [
    'own',
    'foreign',
    'missing',
    ...(ownRoles ? (['mine'] as const) : []),
    ...(OWNED.includes(kind) ? (['personal'] as const) : []),
    ...(inner ? (['inner foreign', 'inner missing'] as const) : []),
  ]
}

const scopeFor = ({ scopes }: AgreedOperation): Scope => scopes[0] ?? 'team:read'
const scopeBeside = ({ scopes }: AgreedOperation): Scope =>
  SCOPES.find((scope) => scope !== '*' && !scopes.includes(scope))!

type Expected = { status: number; code?: string }
const refused = (status: number): Expected => ({
  status,
  code: status === 404 ? 'NOT_FOUND' : 'AUTHORIZATION_ERROR',
})

/** What the caller is told: by the credential, then the scope, the tier, the reach, the role. */
function expected(operation: AgreedOperation, { ok }: Call, actor: Actor, target: Target): Expected {
  const { credential, tier, scopes, roles, ownRoles, tooLow, foreign, missing } = operation
  const success: Expected = { status: typeof ok === 'number' ? ok : ok[actor.user?.tier ?? 'starter'] }
  if (credential === 'public') return success
  if (actor.refusal) return { status: 401, code: actor.refusal }
  if (actor.scopes) {
    if (credential === 'session') return { status: 401, code: 'INVALID_TOKEN' }
    const isOpen =
      scopes.length === 0 ||
      actor.scopes.includes('*') ||
      actor.scopes.some((scope) => scopes.includes(scope))
    if (!isOpen) return refused(403)
  }
  if (tier === 'creator' && actor.user!.tier === 'starter') return { status: 403, code: 'INSUFFICIENT_TIER' }
  const isIn = (allowed: readonly string[] | null) => allowed === null || allowed.includes(actor.role ?? '')
  switch (target) {
    case 'none':
    case 'personal':
      return success
    case 'missing':
      return refused(missing)
    case 'foreign':
      return refused(foreign)
    case 'own':
      if (roles && !actor.role) return refused(foreign)
      return isIn(roles) ? success : refused(tooLow)
    case 'mine':
      return isIn(ownRoles) || isIn(roles) ? success : refused(tooLow)
    case 'inner foreign':
    case 'inner missing':
      if (!actor.role) return refused(foreign)
      return isIn(roles) ? refused(404) : refused(tooLow)
  }
}

type Case = {
  name: string
  operation: AgreedOperation
  call: Call
  actor: Actor
  target: Target
  wanted: Expected
}

/** Whether a person stands where the target has a meaning for them. */
function applies({ path }: AgreedOperation, actor: Actor, target: Target): boolean {
  if (actor.refusal) return target === 'own' || target === 'none'
  if (target === 'mine') return actor.role !== null
  // What is foreign to the team is at home with them.
  if (actor.name === 'an owner of another team') return target !== 'foreign' && target !== 'inner foreign'
  // A key of one team reaches nothing personal.
  if (target === 'personal') return actor.scopes === null || actor.role !== null
  return !(PRIVATE.includes(kindsOf(path)[0]!) && actor.scopes !== null && target !== 'own')
}

t.test('everybody asks for everything', async (t) => {
  const studio = await startStudio(t, { env: { RATE_LIMITS: 'off' } })
  const world = await buildWorld(studio)
  const { team, foreignTeam, author, stranger } = world

  /** Ids that are asked for by those who are refused: one of each kind and state, of the team and of the other one. */
  const shared = new Map<string, string>()
  async function thing(kind: Kind, call: Call, of: 'own' | 'foreign', parent?: string): Promise<string> {
    if (kind === 'team') return of === 'own' ? team : foreignTeam
    const key = `${kind} ${of} ${call.state ?? ''}`
    const known = shared.get(key)
    if (known) return known
    const teamId = of === 'own' ? team : foreignTeam
    const by = of === 'own' ? author : stranger
    const id = await make(world, kind, {
      teamId,
      owner: teamUrn(teamId),
      by,
      ...(parent ? { parent } : {}),
      ...(call.state ? { state: call.state } : {}),
    })
    shared.set(key, id)
    return id
  }

  /** Ids for the path, and who asks: whoever may use something up gets it made for them. */
  async function prepare({
    operation,
    call,
    actor,
    target,
    wanted,
  }: Case): Promise<{ ids: string[]; asker: Actor }> {
    const [kind, inner] = kindsOf(operation.path)
    const isLet = wanted.code === undefined
    const asker = isLet && call.newcomer && actor.user ? await world.newcomer(actor) : actor
    if (!kind) return { ids: [], asker }
    const user = asker.user ?? author
    const state = call.state ? { state: call.state } : {}
    if (PRIVATE.includes(kind)) {
      if (target === 'missing') return { ids: [newId()], asker }
      const by = target === 'own' ? user : stranger
      return { ids: [await make(world, kind, { teamId: team, owner: personalOwner(by), by })], asker }
    }
    if (target === 'missing') return { ids: [newId(), newId()], asker }
    if (target === 'foreign') {
      const outer = await thing(kind, call, 'foreign')
      return { ids: [outer, inner ? await thing(inner, call, 'foreign', outer) : ''], asker }
    }
    const isNew = (isLet && call.spent && !inner) || target === 'mine' || target === 'personal'
    const by = target === 'own' && kind !== 'team' ? author : user
    const owner = target === 'personal' ? personalOwner(user) : teamUrn(team)
    const outer = isNew
      ? await make(world, kind, {
          teamId: team,
          owner,
          by,
          ...(actor.role ? { role: actor.role } : {}),
          ...state,
        })
      : await thing(kind, call, 'own')
    if (!inner) return { ids: [outer], asker }
    if (target === 'inner missing') return { ids: [outer, newId()], asker }
    const foreignOuter = await thing(kind, call, 'foreign')
    if (target === 'inner foreign')
      return { ids: [outer, await thing(inner, call, 'foreign', foreignOuter)], asker }
    const innerId =
      isNew || (isLet && call.spent)
        ? await make(world, inner, { teamId: team, owner, by, parent: outer })
        : await thing(inner, call, 'own', outer)
    return { ids: [outer, innerId], asker }
  }

  /** Owner URN that the request names. */
  const ownerOf = (target: Target): string | null => {
    if (target === 'own') return teamUrn(team)
    if (target === 'foreign') return teamUrn(foreignTeam)
    return target === 'missing' ? teamUrn(newId()) : null
  }

  async function ask({ operation, call, target }: Case, { ids, asker }: { ids: string[]; asker: Actor }) {
    let at = 0
    const path = operation.path.replaceAll(/\{\w+\}/g, () => ids[at++] || 'none')
    const owner = operation.owner && ownerOf(target)
    const body = typeof call.body === 'function' ? call.body(world) : call.body
    const named = owner && operation.owner === 'body' ? { ...(body as object), owner } : body
    const reply = await studio.request(
      owner && operation.owner === 'query' ? `${path}?owner=${owner}` : path,
      {
        method: operation.method,
        headers: { authorization: asker.authorization },
        ...(named === undefined ? {} : { json: named }),
      },
    )
    const text = await reply.text()
    const code =
      reply.status >= 400 ? (JSON.parse(text) as { error: { code: string } }).error.code : undefined
    return { status: reply.status, code, text }
  }

  const casesOf = async (documented: readonly Operation[]): Promise<Case[]> => {
    const cases: Case[] = []
    for (const { method, path } of documented) {
      const operation = AGREED.find((row) => nameOf(row) === nameOf({ method, path }))
      const call = operation && CALLS[nameOf(operation)]
      if (!operation || !call) {
        // Its handshake has a test of its own.
        if (path !== '/v1/ws') t.fail(`${nameOf({ method, path })}: it is not said how to ask for it`)
        continue
      }
      const keys =
        operation.credential === 'public'
          ? []
          : [await world.withKey([scopeFor(operation)]), await world.withKey([scopeBeside(operation)])]
      for (const actor of [...world.actors, ...keys]) {
        for (const target of targetsOf(operation)) {
          if (!applies(operation, actor, target)) continue
          const wanted = expected(operation, call, actor, target)
          cases.push({
            name: `${nameOf(operation)}: ${actor.name}, ${target}`,
            operation,
            call,
            actor,
            target,
            wanted,
          })
        }
      }
    }
    return cases
  }

  for (const [tag, documented] of Map.groupBy(OPERATIONS, (operation) => operation.tag)) {
    t.test(tag, async (t) => {
      const cases = await casesOf(documented)
      const bodies = new Map<string, string>()
      let asked = 0
      const hold = async (one: Case, ready: { ids: string[]; asker: Actor }): Promise<void> => {
        const { status, code, text } = await ask(one, ready)
        asked += 1
        const wanted = {
          code: one.wanted.code ?? (status >= 400 ? code : undefined),
          status: one.wanted.status,
        }
        if (status !== wanted.status || code !== wanted.code)
          t.fail(one.name, {
            wanted: one.wanted,
            found: { status, code, text: text.slice(0, 300) },
          } as object)
        bodies.set(`${nameOf(one.operation)} ${one.actor.name} ${one.target}`, `${status} ${text}`)
      }

      const refusals = cases.filter(({ wanted }) => wanted.status >= 400)
      const prepared: [Case, { ids: string[]; asker: Actor }][] = []
      for (const one of refusals) prepared.push([one, await prepare(one)])
      const before = await fingerprint(world)
      await inTurns(PARALLEL, prepared, ([one, ready]) => hold(one, ready))
      t.strictSame(await fingerprint(world), before, 'whoever is refused changes nothing')

      for (const one of cases.filter(({ wanted }) => wanted.status < 400)) await hold(one, await prepare(one))

      for (const { operation, actor } of cases) {
        const of = (target: Target) => bodies.get(`${nameOf(operation)} ${actor.name} ${target}`)
        for (const [foreign, missing] of [
          ['foreign', 'missing'],
          ['inner foreign', 'inner missing'],
        ] as const) {
          const [a, b] = [of(foreign), of(missing)]
          if (operation.foreign !== operation.missing && foreign === 'foreign') continue
          if (a !== undefined && b !== undefined && a !== b)
            t.fail(`${nameOf(operation)}: ${actor.name} can tell foreign from missing`, { a, b } as object)
        }
      }
      t.equal(asked, cases.length, `${asked} requests are answered as agreed`)
    })
  }
})

t.test('every operation that was agreed on is asked for', async (t) => {
  const known = AGREED.map(nameOf).filter((name) => name !== 'GET /v1/ws')
  t.strictSame(Object.keys(CALLS).toSorted(), known.toSorted())
})
