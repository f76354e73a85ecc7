/**
 * Every operation is asked by everybody of everything: without a credential, with bad ones, in every role, with keys; of
 * things that are theirs, of others' and of none. What is expected follows from the table of operations (operations.ts).
 */
import { t } from 'tap'
import { newId } from '../../core/platform/ids.ts'
import type { Operation } from '../../server/openapi/operation.ts'
import { OPERATIONS } from '../../server/openapi/operations.ts'
import { inTurns } from '../support/in-turns.ts'
import { startStudio, type WireError } from '../support/studio.ts'
import { CALLS, type Call } from './calls.ts'
import {
  applies,
  type Expected,
  expected,
  isWorded,
  nameOf,
  PRIVATE,
  scopeBeside,
  scopeFor,
  type Target,
  targetsOf,
} from './expectation.ts'
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
} from './world.ts'

const PARALLEL = 12

type Case = {
  name: string
  operation: AgreedOperation
  call: Call
  actor: Actor
  target: Target
  wanted: Expected
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
    const refusal = reply.status >= 400 ? (JSON.parse(text) as WireError).error : null
    return { status: reply.status, refusal, text }
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
        const { status, refusal, text } = await ask(one, ready)
        asked += 1
        const { wanted } = one
        const isAsAgreed =
          status === wanted.status &&
          (wanted.code === undefined || refusal?.code === wanted.code) &&
          (refusal === null || isWorded(refusal.code, refusal.message))
        if (!isAsAgreed) t.fail(one.name, { wanted, found: { status, text: text.slice(0, 300) } } as object)
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
