/** The OpenAPI document has the operations that were agreed on, no others, and lets in whom it was agreed to let in. */
import { t } from 'tap'
import type { Operation } from '../../server/openapi/operation.ts'
import { OPERATIONS } from '../../server/openapi/operations.ts'
import { responsesOf } from '../../server/openapi/responses.ts'
import { componentSchemas } from '../../server/openapi/schemas.ts'
import { AGREED, type AgreedOperation, ANSWERS, NOT_YET, WIRE_OBJECTS } from './operations.ts'

type Admission = Pick<AgreedOperation, 'credential' | 'tier' | 'watchers'> & { scopes: readonly string[] }

const agreed = ({ credential, tier, scopes, watchers }: AgreedOperation): Admission => ({
  credential,
  tier,
  scopes: scopes.toSorted(),
  watchers,
})

function documented({ access }: Operation): Admission {
  const tier = 'creatorsOnly' in access && access.creatorsOnly ? 'creator' : 'starter'
  switch (access.kind) {
    case 'public':
      return { credential: 'public', tier, scopes: [], watchers: false }
    case 'session':
      return { credential: 'session', tier, scopes: [], watchers: false }
    case 'websocket':
      return { credential: 'socket', tier, scopes: [], watchers: false }
    case 'key':
      return { credential: 'any', tier, scopes: access.scopes.toSorted(), watchers: access.watchers ?? false }
  }
}

const nameOf = ({ method, path }: { method: string; path: string }) => `${method.toUpperCase()} ${path}`

t.test('the operations are those that were agreed on', async (t) => {
  const names = AGREED.map(nameOf)
  const landed = OPERATIONS.map(nameOf)
  t.strictSame([...new Set(names)], names, 'each is listed once')
  t.strictSame(
    names.filter((name) => !landed.includes(name) && !NOT_YET.includes(name)),
    [],
    'none is missing',
  )
  t.strictSame(
    landed.filter((name) => !names.includes(name)),
    [],
    'nothing is there that nobody agreed to',
  )
})

t.test('each lets in whom it was agreed to let in', async (t) => {
  const byName = new Map(AGREED.map((operation) => [nameOf(operation), operation]))
  for (const operation of OPERATIONS) {
    const row = byName.get(nameOf(operation))
    if (row) t.strictSame(documented(operation), agreed(row), nameOf(operation))
  }
})

t.test('each says what it may answer', async (t) => {
  for (const operation of OPERATIONS) {
    const wanted = ANSWERS[nameOf(operation)]?.split(' ')
    if (!wanted) continue
    const found = Object.keys(responsesOf(operation))
    t.strictSame(
      wanted.filter((status) => !found.includes(status)),
      [],
      `${nameOf(operation)}: nothing that may come is left out`,
    )
    const succeeds = (status: string) => Number(status) < 300
    // A request that is repeated with its key gets what was made first.
    const again = wanted.includes('201') ? ['200'] : []
    t.strictSame(
      found.filter((status) => succeeds(status) && ![...wanted, ...again].includes(status)),
      [],
      `${nameOf(operation)}: it succeeds in the agreed way`,
    )
  }
  const published = AGREED.filter(({ ours }) => !ours).map(nameOf)
  t.strictSame(
    published.filter((name) => !ANSWERS[name]),
    [],
    'of each it is said',
  )
})

t.test('objects have the agreed keys, always and in this order', async (t) => {
  type Schema = { properties?: object; required?: string[] }
  const schemas = componentSchemas() as Record<string, Schema>
  const missing = Object.keys(WIRE_OBJECTS).filter((name) => !schemas[name] && !NOT_YET.includes(name))
  t.strictSame(missing, [], 'none is missing')
  for (const [name, { keys, more = '' }] of Object.entries(WIRE_OBJECTS)) {
    const schema = schemas[name]
    if (!schema) continue
    const always = keys.split(' ')
    const all = [...always, ...more.split(' ').filter(Boolean)]
    const properties = Object.keys(schema.properties ?? {})
    t.strictSame(properties, all.slice(0, properties.length), `${name}: keys in order`)
    t.ok(properties.length >= always.length, `${name}: no key is missing`)
    t.strictSame(schema.required?.toSorted(), always.toSorted(), `${name}: always there`)
  }
})
