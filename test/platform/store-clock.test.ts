/** A process whose clock is hours off works with the store as every other one does. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { createStoreClock } from '../../core/platform/store-clock.ts'
import { startStore } from '../support/store.ts'

t.setTimeout(120_000)
const CLOCK = new URL('../support/shifted-clock.ts', import.meta.url).href

/** Everything that is done with a store; the first answer tells the time, so the first request may fail. */
const PROGRAM = `
  import { readFile, writeFile, mkdtemp } from 'node:fs/promises'
  import { createObjectStore } from ${JSON.stringify(new URL('../../core/platform/objects.ts', import.meta.url).href)}
  const store = createObjectStore(JSON.parse(process.env.OPTIONS))
  const signal = AbortSignal.timeout(20000)
  const folder = await mkdtemp(process.env.FOLDER + '/clock-')
  await store.ping().catch(() => {})
  await store.ping()
  await store.ensureBucket()
  await writeFile(folder + '/a', 'some bytes')
  await store.putFile('clock/a', folder + '/a', 'text/plain', signal)
  await store.putBytes('clock/b c', Buffer.from('more'), 'text/plain', signal)
  const stat = await store.stat('clock/b c')
  await store.getFile('clock/a', folder + '/b', signal)
  const keys = []
  for await (const key of store.list('clock/')) keys.push(key)
  const link = await fetch(await store.presignGet('clock/a', 60))
  const put = await store.presignPut('clock/d', 60, { contentType: 'text/plain', sizeBytes: 1 })
  const sent = await fetch(put, { method: 'PUT', body: 'd', headers: { 'content-type': 'text/plain' } })
  await store.remove(keys)
  console.log(JSON.stringify({
    year: Date.now(), size: stat.sizeBytes, read: String(await readFile(folder + '/b')), keys,
    link: link.status, sent: sent.status, gone: await store.stat('clock/a'),
  }))`

for (const hours of [-6, 0, 6]) {
  t.test(`${hours} hours off`, async (t) => {
    const { options } = await startStore(t)
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', CLOCK, '--input-type=module', '--eval', PROGRAM],
      {
        env: {
          PATH: process.env.PATH ?? '',
          CLOCK_HOURS_OFF: String(hours),
          OPTIONS: JSON.stringify(options),
          FOLDER: t.testdir({}),
        },
      },
    )
    const { year, ...told } = JSON.parse(stdout)
    t.ok(Math.abs(year - Date.now() - hours * 3_600_000) < 600_000, 'its clock is really off')
    t.strictSame(told, {
      size: 4,
      read: 'some bytes',
      keys: ['clock/a', 'clock/b c'],
      link: 200,
      sent: 200,
      gone: null,
    })
  })
}

t.test('small differences are left alone', async (t) => {
  const clock = createStoreClock()
  clock.learn(new Date(Date.now() - 30_000).toUTCString())
  t.notOk(clock.isOff)
  clock.learn(undefined)
  clock.learn('no date')
  t.notOk(clock.isOff)
  clock.learn(new Date(Date.now() + 7_200_000).toUTCString())
  t.ok(clock.isOff)
  t.ok(Math.abs(clock.now().getTime() - Date.now() - 7_200_000) < 5_000)
})
