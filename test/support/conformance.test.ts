import { t } from 'tap'
import * as example from '../../server/openapi/examples.ts'
import { OPERATIONS } from '../../server/openapi/operations.ts'
import { buildJob } from './builders.ts'
import { faultsOf, operationOf, type Reply } from './conformance.ts'
import { startStudio } from './studio.ts'

const getJob = OPERATIONS.find(({ operationId }) => operationId === 'getJob')!
const json = (body: unknown, status = 200): Reply => ({ status, type: 'application/json', body })
const job = example.completedJob
const { id, ...withoutId } = job

t.test('a reply that is not as documented is told apart', async (t) => {
  const refused = (code: string) => json({ error: { code, message: 'x' } }, 404)
  const rows: readonly (readonly [string, Reply, RegExp | null])[] = [
    ['a job', json(job), null],
    ['a refusal', refused('NOT_FOUND'), null],
    ['a status of its own', json(job, 202), /status is not documented/],
    ['another type', { ...json(job), type: 'text/html' }, /type text\/html/],
    ['no body', { ...json(undefined), type: '' }, /type \(none\)/],
    ['a field too few', json(withoutId), /required property 'id'/],
    ['a field too many', json({ ...job, secret: 1 }), /unevaluated properties secret/],
    ['a field of another type', json({ ...job, id: 'x' }), /\/id: must match format/],
    ['another order', json({ ...withoutId, id }), /not in the documented order/],
    ['another code', refused('CONFLICT'), /code CONFLICT/],
    ['a refusal without a message', json({ error: { code: 'NOT_FOUND' } }, 404), /message/],
  ]
  for (const [name, reply, wanted] of rows) {
    const found = faultsOf(getJob, reply).join('\n')
    if (wanted) t.match(found, wanted, name)
    else t.equal(found, '', name)
  }
})

t.test('routes lead to their operations', async (t) => {
  t.equal(operationOf('GET', '/v1/jobs/:id'), getJob)
  t.equal(operationOf('HEAD', '/v1/jobs/:id'), getJob)
  t.equal(operationOf('GET', '/media/{*key}')?.operationId, 'getMedia')
  t.equal(operationOf('PUT', '/v1/jobs/:id'), undefined)
})

t.test('a server that answers otherwise fails the test that asked', async (t) => {
  const ends: (() => unknown)[] = []
  const studio = await startStudio({ teardown: (work) => ends.push(work) })
  const user = { userId: studio.userId } as Parameters<typeof buildJob>[1]
  const job = await buildJob(studio.pool, user)
  t.equal((await studio.request(`/v1/jobs/${job}`)).status, 200)
  await studio.pool.query(`update jobs set options = '[]' where id = $1`, [job])
  await t.rejects(studio.request(`/v1/jobs/${job}`), {
    message: /getJob\) answered 200.*\/options: must be object/s,
  })

  const elsewhere = await fetch(`${studio.url}/v1/jobs/${job}`, {
    headers: { authorization: `Bearer ${studio.key}`, 'x-request-id': 'by-hand' },
  })
  t.equal(elsewhere.status, 200)
  const said: unknown[] = []
  for (const end of ends.reverse()) await Promise.resolve(end()).catch((error: unknown) => said.push(error))
  t.match(said, [{ message: /getJob\) answered 200/ }])
})
