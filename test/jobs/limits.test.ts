import { t } from 'tap'
import { completeJob, startJob } from '../../core/jobs/transitions.ts'
import { transaction } from '../../core/platform/database.ts'
import { newId } from '../../core/platform/ids.ts'
import { buildCrew, buildPerson, type Person } from '../projects/people.ts'
import { anOutput, setBalance } from '../support/builders.ts'
import { race } from '../support/race.ts'
import { aStoryboard, read, startStudio, type WireError } from '../support/studio.ts'

type WireJob = {
  id: string
  owner: string
  status: string
  credits_charged: number
  credits_refunded: number
}

// No engine is there: jobs are accepted, charged and left queued. aStoryboard() costs 4 credits.
const studio = await startStudio(t, {
  env: {
    COMFYUI_URLS: 'http://127.0.0.1:9',
    CREDITS_MODE: 'enforce',
    QUOTA_STARTER_BYTES: '100',
    QUOTA_CREATOR_BYTES: '200',
    QUOTA_TEAM_BYTES: '300',
  },
})
const COST = 4

const generate = (person: Person, more: object = {}) =>
  read<WireJob & WireError>(person.request('/v1/generate', { json: { spec: aStoryboard(), ...more } }))
const cancel = (person: Person, id: string) =>
  read<WireJob>(person.request(`/v1/jobs/${id}/cancel`, { method: 'POST' }))

const personUrn = (person: Person) => `framecast:user:${person.user.userId}`
async function setStorage(urn: string, bytes: number): Promise<void> {
  const [, , id] = urn.split(':')
  const table = urn.includes(':team:') ? 'teams' : 'users'
  await studio.pool.query(`update ${table} set ephemeral_storage_bytes = $2 where id = $1`, [id, bytes])
}

/** Balance and entries of a source, and what its jobs say. */
async function books(source: string, owner = source) {
  const [, , id] = source.split(':')
  const table = source.includes(':team:') ? 'teams' : 'users'
  const { rows } = await studio.pool.query<{
    balance: number
    debits: number
    refunds: number
    jobs: number
    used: number
  }>(
    `select (select credits from ${table} where id = $1) as balance,
       (select count(*)::int from credit_entries where source = $2 and kind = 'debit') as debits,
       (select count(*)::int from credit_entries where source = $2 and kind = 'refund') as refunds,
       (select count(*)::int from jobs where owner = $3) as jobs,
       (select coalesce(sum(credits_used), 0)::int from usage where owner = $3) as used`,
    [id, source, owner],
  )
  return rows[0]!
}

t.test('of fifty renders at once five are accepted, each charged once', async (t) => {
  const crew = await buildCrew(studio, { credits: 1_000 })
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      generate([crew.owner, crew.admin, crew.member][n % 3]!, { owner: crew.urn }),
    ),
  )
  const count = (status: number) => replies.filter((reply) => reply.status === status).length
  t.strictSame({ accepted: count(201), refused: count(409) }, { accepted: 5, refused: 45 })
  t.match(replies.find(({ status }) => status === 409)?.body, {
    error: { code: 'CONFLICT', message: /five active renders/ },
  })
  t.strictSame(await books(crew.urn), {
    balance: 1_000 - 5 * COST,
    debits: 5,
    refunds: 0,
    jobs: 5,
    used: 5 * COST,
  })
  const private_ = await generate(crew.member, {
    owner: `framecast:${crew.teamId}:${crew.member.user.userId}`,
  })
  t.equal(private_.status, 201, 'each owner has five of the own, though one balance pays')
  t.equal((await books(crew.urn)).balance, 1_000 - 6 * COST)
})

t.test('a starter has one active render, however many are asked for at once', async (t) => {
  const starter = await buildPerson(studio, { tier: 'starter', credits: 100 })
  const replies = await Promise.all(Array.from({ length: 10 }, () => generate(starter)))
  t.strictSame(replies.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)])
  t.match(await books(personUrn(starter)), { balance: 100 - COST, debits: 1, jobs: 1 })
})

t.test('one idempotency key makes one job, also when it is sent many times at once', async (t) => {
  const person = await buildPerson(studio, { credits: 100 })
  const replies = await Promise.all(
    Array.from({ length: 12 }, () => generate(person, { idempotency_key: 'same' })),
  )
  t.strictSame(replies.map(({ status }) => status).sort(), [...Array(11).fill(200), 201])
  t.equal(new Set(replies.map(({ body }) => body.id)).size, 1)
  t.match(await books(personUrn(person)), { balance: 100 - COST, debits: 1, jobs: 1 })
})

t.test('a balance that pays for two of five renders at once pays for two', async (t) => {
  const person = await buildPerson(studio, { credits: 2 * COST + 1 })
  const replies = await Promise.all(Array.from({ length: 5 }, () => generate(person)))
  t.strictSame(replies.map(({ status }) => status).sort(), [201, 201, 402, 402, 402])
  t.match(await books(personUrn(person)), { balance: 1, debits: 2, jobs: 2, used: 2 * COST })
})

t.test('cancellation and completion at once: whichever is first wins, with one refund at most', async (t) => {
  const person = await buildPerson(studio, { credits: 1_000 })
  for (const winner of ['complete', 'cancel', 'complete', 'cancel']) {
    const { body } = await generate(person)
    await transaction(studio.pool, (client) => startJob(client, body.id, 'worker-1'))
    const before = await books(personUrn(person))
    const lock = { text: 'select 1 from jobs where id = $1 for update', values: [body.id] }
    const toCancel = async () => (await cancel(person, body.id)).status
    const toComplete = () =>
      transaction(studio.pool, (client) => completeJob(client, body.id, anOutput(body.id)))
    const isCanceled = winner === 'cancel'
    const outcome = isCanceled
      ? await race<unknown, unknown>(studio.pool, lock, toCancel, toComplete)
      : await race<unknown, unknown>(studio.pool, lock, toComplete, toCancel)
    t.strictSame(outcome, isCanceled ? [200, false] : [true, 409])
    const after = await books(personUrn(person))
    t.equal(after.balance, before.balance + (isCanceled ? Math.floor(COST * 0.9) : 0))
    t.equal(after.refunds, before.refunds + (isCanceled ? 1 : 0))
    t.equal((await cancel(person, body.id)).status, 409, 'what is over is over')
    await setStorage(personUrn(person), 0)
  }
})

t.test('ten cancellations of one job at once refund once', async (t) => {
  const person = await buildPerson(studio, { credits: 100 })
  const { body } = await generate(person)
  const replies = await Promise.all(Array.from({ length: 10 }, () => cancel(person, body.id)))
  t.strictSame(replies.map(({ status }) => status).sort(), [200, ...Array(9).fill(409)])
  t.match(await books(personUrn(person)), { balance: 100 - COST + 3, refunds: 1 })
})

t.test('who keeps more than the limit renders nothing new; at the limit it still goes', async (t) => {
  const crew = await buildCrew(studio, { credits: 100 })
  const starter = await buildPerson(studio, { tier: 'starter', credits: 100 })
  const creator = await buildPerson(studio, { credits: 100 })
  const privateUrn = `framecast:${crew.teamId}:${crew.member.user.userId}`
  const cases: [person: Person, owner: string, counter: string, limit: number][] = [
    [starter, personUrn(starter), personUrn(starter), 100],
    [creator, personUrn(creator), personUrn(creator), 200],
    [crew.member, crew.urn, crew.urn, 300],
    [crew.member, privateUrn, crew.urn, 300],
  ]
  for (const [person, owner, counter, limit] of cases) {
    await setStorage(counter, limit + 1)
    const before = await books(counter, owner)
    const refused = await generate(person, { owner })
    t.match(
      refused,
      {
        status: 403,
        body: { error: { code: 'STORAGE_QUOTA_EXCEEDED', details: { used: limit + 1, limit } } },
      },
      owner,
    )
    t.strictSame(await books(counter, owner), before, 'and nothing is written')
    await setStorage(counter, limit)
    const made = await generate(person, { owner })
    t.equal(made.status, 201)
    await cancel(person, made.body.id)
  }
})

t.test('what is wrong is said in a fixed order', async (t) => {
  const starter = await buildPerson(studio, { tier: 'starter', credits: 1_000 })
  const owner = personUrn(starter)
  const earlier = await generate(starter, { idempotency_key: 'known' })
  t.equal(earlier.status, 201)
  await setStorage(owner, 101)
  await setBalance(studio.pool, personUrn(starter), 0)
  const foreign = `framecast:team:${newId()}`
  const bad = { title: 'no scene', scenes: [] }
  const ask = async (json: object) => {
    const { status, body } = await read<WireError>(starter.request('/v1/generate', { json }))
    return [status, body.error?.code ?? null]
  }
  t.strictSame(
    await ask({ spec: bad, owner: foreign, idempotency_key: 7 }),
    [422, 'VALIDATION_ERROR'],
    'first the body',
  )
  t.strictSame(
    await ask({ spec: bad, owner: foreign, idempotency_key: 'known' }),
    [403, 'AUTHORIZATION_ERROR'],
    'then the owner',
  )
  t.strictSame(await ask({ spec: bad, idempotency_key: 'known' }), [200, null], 'then the idempotency key')
  t.strictSame(await ask({ spec: bad }), [400, 'VALIDATION_ERROR'], 'then the storyboard')
  t.strictSame(await ask({ spec: aStoryboard() }), [403, 'STORAGE_QUOTA_EXCEEDED'], 'then the quota')
  await setStorage(owner, 0)
  t.strictSame(await ask({ spec: aStoryboard() }), [409, 'CONFLICT'], 'then concurrency')
  await cancel(starter, earlier.body.id)
  await setBalance(studio.pool, personUrn(starter), COST - 1)
  t.strictSame(await ask({ spec: aStoryboard() }), [402, 'INSUFFICIENT_CREDITS'], 'then credits')
  await setBalance(studio.pool, personUrn(starter), COST)
  t.strictSame(await ask({ spec: aStoryboard() }), [201, null])
})

t.test('a job may use files of its owner, of its team and of whoever starts it', async (t) => {
  const crew = await buildCrew(studio, { credits: 1_000 })
  const addPicture = async (owner: string): Promise<string> => {
    const id = newId()
    await studio.pool.query(
      `insert into asset_files (id, owner, uploaded_by, filename, s3_key, content_type, size_bytes, status)
       values ($1, $2, $3, 'a.png', $1::uuid::text, 'image/png', 1, 'ready')`,
      [id, owner, crew.member.user.userId],
    )
    return id
  }
  const own = personUrn(crew.member)
  const hidden = `framecast:${crew.teamId}:${crew.member.user.userId}`
  const pictures = {
    own: await addPicture(own),
    hidden: await addPicture(hidden),
    shared: await addPicture(crew.urn),
  }
  const uses = async (picture: keyof typeof pictures, owner: string, person = crew.member) => {
    const symbols = { keeper: { prompt: 'a keeper', reference_images: [{ id: pictures[picture] }] } }
    const spec = aStoryboard({
      symbols,
      scenes: [{ id: 'a', prompt: '@keeper at dawn', duration: 2 }],
    })
    const { status, body } = await generate(person, { spec, owner })
    if (status === 201) await cancel(person, body.id)
    return status
  }
  for (const picture of ['own', 'hidden', 'shared'] as const) {
    t.equal(await uses(picture, crew.urn), 201, `${picture} for the team`)
    t.equal(await uses(picture, hidden), 201, `${picture} for private work in the team`)
  }
  t.equal(await uses('shared', crew.urn, crew.admin), 201)
  t.equal(await uses('own', crew.urn, crew.admin), 400, 'not the pictures of others')
  t.equal(await uses('hidden', crew.urn, crew.admin), 400)
  await setBalance(studio.pool, personUrn(crew.member), 100)
  t.equal(await uses('own', own), 201)
  t.equal(await uses('shared', own), 400, 'a personal film outlives the team and its files')
})
