import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import { instanceEnvironment } from '../../embedded/environment.ts'
import { layoutOf } from '../../embedded/layout.ts'
import { findHolder, takeLock } from '../../embedded/lock.ts'
import { readable } from '../../embedded/part.ts'
import { choosePorts } from '../../embedded/ports.ts'

t.test('one holder at a time; the second is told who has it and how to use it', async (t) => {
  const file = path.join(t.testdir({}), 'lock')
  const lock = await takeLock(file)
  await t.rejects(takeLock(file), { code: 'in_use', message: /starting or stopping/ })
  await lock.announce('http://127.0.0.1:4242')
  await t.rejects(takeLock(file), {
    code: 'in_use',
    message: new RegExp(
      `process ${process.pid}\\)\\. It answers at http://127.0.0.1:4242: use it with --server`,
    ),
  })
  t.match(await findHolder(file), { pid: process.pid, url: 'http://127.0.0.1:4242' })
  await lock.release()
  t.equal(await findHolder(file), null)
  await (await takeLock(file)).release()
  t.strictSame(readdirSync(path.dirname(file)), [], 'nothing is left behind')
})

t.test('of many who come at once, one gets it, also over a stale lock', async (t) => {
  const file = path.join(t.testdir({}), 'lock')
  const dead = spawn(process.execPath, ['-e', ''])
  await once(dead, 'exit')
  writeFileSync(file, JSON.stringify({ pid: dead.pid, host: os.hostname(), processStart: null, url: null }))
  const child = `
    const { takeLock } = await import(${JSON.stringify(new URL('../../embedded/lock.ts', import.meta.url).href)})
    try { await takeLock(process.argv[1]); console.log('mine') } catch (error) { console.log(error.code) }
    process.stdin.on('data', () => {}).on('end', () => process.exit())`
  const rivals = Array.from({ length: 5 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', child, file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  const answers = await Promise.all(
    rivals.map(async (rival) => String((await once(rival.stdout, 'data'))[0]).trim()),
  )
  for (const rival of rivals) rival.stdin.end()
  t.strictSame(answers.toSorted(), ['in_use', 'in_use', 'in_use', 'in_use', 'mine'])
})

t.test('a process id that was given to somebody else, and a silent host, hold nothing', async (t) => {
  const file = path.join(t.testdir({}), 'lock')
  const holder = { pid: process.pid, host: os.hostname(), processStart: '1', url: null }
  writeFileSync(file, JSON.stringify(holder))
  if (process.platform === 'linux') t.equal(await findHolder(file), null, 'same id, other process')
  writeFileSync(file, JSON.stringify({ ...holder, host: 'elsewhere' }))
  t.match(await findHolder(file), { host: 'elsewhere' }, 'another host that refreshes it')
  const old = new Date(Date.now() - 60_000)
  utimesSync(file, old, old)
  t.equal(await findHolder(file), null, 'another host that has stopped')
  writeFileSync(file, '{"pid":')
  t.equal(await findHolder(file), null, 'half a file')
})

t.test('ports are kept, replaced when taken, and never the same twice', async (t) => {
  const file = path.join(t.testdir({}), 'ports.json')
  const first = await choosePorts(file)
  t.equal(new Set(Object.values(first)).size, 4)
  t.strictSame(await choosePorts(file), first)
  const rival = net.createServer().listen(first.store, '127.0.0.1')
  await once(rival, 'listening')
  t.teardown(() => rival.close())
  const second = await choosePorts(file)
  t.not(second.store, first.store)
  t.strictSame({ ...second, store: 0 }, { ...first, store: 0 })
  await t.rejects(choosePorts(file, first.store), { code: 'port_taken', message: /Port \d+ is taken/ })
})

t.test('engines and tools come from the environment, addresses and secrets never', async (t) => {
  const ports = { server: 1, postgres: 2, store: 3, preview: 4 }
  const secrets = { dataKey: 'ours', postgresPassword: 'pw', serverPassword: 'spw' }
  const inherited = {
    COMFYUI_URLS: 'http://gpu:8188',
    FFMPEG_PATH: '/opt/ffmpeg',
    DATABASE_URL: 'postgresql://production/x',
    S3_PUBLIC_ENDPOINT: 'https://production',
    DATA_KEY: 'theirs',
    PORT: '80',
    HOST: '0.0.0.0',
    FRAMECAST_API_KEY: 'sk_live_x',
  }
  const env = instanceEnvironment(inherited, layoutOf('/data/x'), ports, secrets)
  t.match(env, {
    COMFYUI_URLS: 'http://gpu:8188',
    FFMPEG_PATH: '/opt/ffmpeg',
    DATA_KEY: 'ours',
    HOST: '127.0.0.1',
    PORT: '1',
  })
  t.equal(env.DATABASE_URL, 'postgresql://framecast_server:spw@127.0.0.1:2/framecast')
  t.equal(env.DATABASE_OWNER_URL, 'postgresql://framecast:pw@127.0.0.1:2/framecast')
  t.notMatch(JSON.stringify(env), /production|sk_live|theirs/)
  t.equal(env.TMPDIR, '/data/x/tmp')
})

t.test('log lines of a part that fell over are shown as people read them', async (t) => {
  const line = {
    level: 'fatal',
    time: 'x',
    service: 'preview',
    err: { message: 'no ffmpeg', stack: 'y' },
    msg: 'cannot start',
  }
  t.equal(readable(JSON.stringify(line)), 'fatal: cannot start: no ffmpeg')
  t.equal(readable('LOG:  shutting down'), 'LOG:  shutting down')
  t.equal(readable('x'.repeat(1_000)).length, 401)
})
