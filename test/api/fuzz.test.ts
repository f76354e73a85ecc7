/**
 * Whatever is sent: never 500, never silence, and whoever is refused has changed nothing. Every reply is held to the API's
 * document besides. FUZZ_SEED=<number> sends the same again, FUZZ_RUNS=<number> more of it.
 */
import fc from 'fast-check'
import { t } from 'tap'
import type { Operation } from '../../server/openapi/operation.ts'
import { OPERATIONS } from '../../server/openapi/operations.ts'
import { startStudio } from '../support/studio.ts'
import { type OddRequest, oddRequests } from './odd-requests.ts'
import { type Actor, buildWorld, fingerprint, kindsOf, make, teamUrn, type World } from './world.ts'

const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
/** Of each operation; those without body and query are asked for with odd ids alone. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 40)
const RUNS_OF_IDS = 8
/** An operation on a loaded machine stops here, however many requests are left. */
const LIMIT_MS = process.env.FUZZ_RUNS ? 600_000 : 800

t.setTimeout(process.env.FUZZ_RUNS ? 3_600_000 : 300_000)

/** Values of examples that lead somewhere: nobody's name server is asked. */
const OVER: Readonly<Record<string, object>> = {
  createWebhook: { url: 'https://93.184.216.34/hook' },
  updateWebhook: { url: 'https://93.184.216.34/hook' },
}

/** Their work goes on after the reply. */
const LEFT_OUT = ['openWebSocket', 'streamJobEvents']

/** Things that are there, by the name of their place in the path. */
async function idsOf(world: World, path: string, { user }: Actor): Promise<Record<string, string>> {
  const { team } = world
  const places = path.match(/\{\w+\}/g) ?? []
  const ids: Record<string, string> = {}
  for (const [index, kind] of kindsOf(path).entries()) {
    const parent = ids['{id}'] ? { parent: ids['{id}'] } : {}
    ids[places[index]!] =
      kind === 'team'
        ? team
        : await make(world, kind, { teamId: team, owner: teamUrn(team), by: user!, ...parent })
  }
  return ids
}

t.test('whatever is sent', async (t) => {
  t.comment(`FUZZ_SEED=${SEED}`)
  const studio = await startStudio(t)
  const world = await buildWorld(studio)
  const owner = world.actors.find(({ name }) => name === 'an owner')!
  /** Made beforehand: what is sent later may use up what a team may have. */
  const things = new Map<string, Record<string, string>>()
  for (const { operationId, path } of OPERATIONS) things.set(operationId, await idsOf(world, path, owner))
  let state = await fingerprint(world)

  async function send({ method }: Operation, { path, headers, body }: OddRequest): Promise<void> {
    const what = `${method.toUpperCase()} ${path.slice(0, 300)} ${JSON.stringify(headers)} ${String(body).slice(0, 500)}`
    const reply = await studio
      .request(path, {
        method: method.toUpperCase(),
        headers: { authorization: owner.authorization, ...headers },
        ...(body === null ? {} : { body }),
      })
      .catch((cause: unknown) => {
        throw new Error(`${what}: ${cause}`, { cause })
      })
    const text = await reply.text()
    if (reply.status >= 500) throw new Error(`${what}: ${reply.status} ${text.slice(0, 300)}`)
    const now = await fingerprint(world)
    const changed = Object.keys(now).filter((table) => now[table] !== state[table])
    state = now
    if (reply.status >= 400 && changed.length > 0)
      throw new Error(`${what}: refused with ${reply.status}, but changed ${changed}: ${text.slice(0, 300)}`)
  }

  for (const operation of OPERATIONS) {
    if (LEFT_OUT.includes(operation.operationId)) continue
    const { path, body, parameters = [] } = operation
    const takesMore = body !== undefined || parameters.some((parameter) => parameter.in !== 'path')
    if (!takesMore && !path.includes('{')) continue
    t.test(operation.operationId, async (t) => {
      const ids = things.get(operation.operationId)!
      /** Settles with the last request: a run that is out of time ends while one is under way. */
      let last: Promise<unknown> = Promise.resolve()
      state = await fingerprint(world)
      await fc.assert(
        fc.asyncProperty(oddRequests(operation, OVER[operation.operationId]), (request) => {
          const answered = send(operation, {
            ...request,
            path: request.path.replaceAll(/\{\w+\}/g, (place) => ids[place] ?? 'none'),
          })
          last = answered.catch(() => {})
          return answered
        }),
        {
          seed: SEED,
          numRuns: takesMore ? RUNS : RUNS_OF_IDS,
          interruptAfterTimeLimit: LIMIT_MS,
          endOnFailure: true,
          includeErrorInReport: true,
        },
      )
      await last
      t.pass('is answered')
    })
  }
})
