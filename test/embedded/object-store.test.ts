import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { startOwnStore } from '../support/store.ts'

const { store } = await startOwnStore(t)
const type = 'application/octet-stream'
const put = (key: string, bytes: Buffer): Promise<void> =>
  store.putBytes(key, bytes, type, AbortSignal.timeout(20_000))

t.test('what is put while the last object of a folder is removed stays', async (t) => {
  const lost: string[] = []
  for (let round = 0; round < 60; round++) {
    await put('owner/assets/last/file', Buffer.from('x'))
    const keys = [1, 2, 3, 4].map((n) => `owner/assets/${round}-${n}/file`)
    // The first is under way when the folder becomes empty, wherever in its work the store is then.
    const removed = store.remove(['owner/assets/last/file'])
    for (const key of keys) await put(key, Buffer.from('y'))
    await removed
    for (const key of keys) if ((await store.stat(key)) === null) lost.push(key)
    await store.remove(keys)
  }
  t.strictSame(lost, [])
})

t.test('a reader of an object that is written over gets one of the two, whole', async (t) => {
  const bodies = [1, 2].map((fill) => Buffer.alloc(3_000_000, fill))
  const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
  const known = new Set(bodies.map(hash))
  await put('film', bodies[0]!)
  const strange: number[] = []
  for (let round = 0; round < 15; round++) {
    const written = put('film', bodies[round % 2]!)
    const reads = [1, 2, 3].map(async () => buffer(await store.read('film', AbortSignal.timeout(20_000))))
    for (const bytes of await Promise.all(reads)) if (!known.has(hash(bytes))) strange.push(bytes.length)
    await written
  }
  t.strictSame(strange, [])
})

t.test('a listing goes on while objects come and go', async (t) => {
  await put('listed/stays', Buffer.from('x'))
  for (let round = 0; round < 15; round++) {
    const names = [1, 2, 3, 4].map((n) => `listed/${round}/${n}/deep`)
    const busy = Promise.all(names.map((name) => put(name, Buffer.from('y')))).then(() => store.remove(names))
    const seen: string[] = []
    for await (const key of store.list('listed/')) seen.push(key)
    await busy
    t.ok(seen.includes('listed/stays'), `round ${round}`)
  }
})
