/** An instance lives exactly as long as the command that started it, whatever ends that command. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import { ROOT, runCli, startCli } from '../cli/support.ts'
import { eventually, processesIn } from './support.ts'

t.setTimeout(240_000)
const folder = mkdtempSync(path.join(os.tmpdir(), 'framecast-lifetime-'))
chmodSync(folder, 0o755)
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

t.test('render --embedded needs no server, and leaves a film and nothing that runs', async (t) => {
  const dataDir = path.join(folder, 'fc')
  writeFileSync(
    path.join(folder, 'one.yaml'),
    'title: One\nscenes: [{id: a, prompt: a lamp in the fog, duration: 1}]\n',
  )
  const end = await runCli(
    ['render', 'one.yaml', '--embedded', '--data', dataDir, '--resolution', '480p', '--json'],
    { cwd: folder },
  )
  t.equal(end.code, 0, end.err)
  t.match(JSON.parse(end.out), {
    output: path.join(folder, 'one.mp4'),
    frames: 24,
    scenes_reused: 0,
    stages: { startup: Number },
  })
  t.ok(statSync(path.join(folder, 'one.mp4')).size > 1_000)
  t.strictSame(await processesIn(dataDir), [])
})

t.test(
  'Ctrl-C in a render --embedded keeps the job; it is finished when the instance runs again',
  async (t) => {
    const dataDir = path.join(folder, 'fc')
    writeFileSync(
      path.join(folder, 'two.yaml'),
      'title: Two\nscenes: [{id: b, prompt: a train at night, duration: 6}]\n',
    )
    const render = startCli(
      ['render', 'two.yaml', '--embedded', '--data', dataDir, ...['--resolution', '480p', '--fps', '16']],
      { cwd: folder },
    )
    await render.says('scenes')
    render.kill('SIGINT')
    const end = await render.finished
    t.equal(end.code, 130)
    const jobId =
      /Job (\S+) is kept\. It goes on when the instance runs again:\n {2}framecast up --data/.exec(
        end.err,
      )?.[1]
    t.ok(jobId, end.err)
    t.strictSame(await processesIn(dataDir), [])

    const up = startCli(['up', '--data', dataDir])
    await up.says('Ctrl-C stops it')
    const watch = await runCli(['watch', jobId as string, '--data', dataDir, '-o', 'two.mp4', '--json'], {
      cwd: folder,
    })
    t.equal(watch.code, 0, watch.err)
    t.match(JSON.parse(watch.out), { job_id: jobId, frames: 96 })
    up.kill('SIGINT')
    t.equal((await up.finished).code, 0)
  },
)

t.test('a command that is killed takes its instance with it, and the next one starts at once', async (t) => {
  const dataDir = path.join(folder, 'fc')
  const before = readFileSync(path.join(dataDir, 'key'), 'utf8')
  const up = spawn(process.execPath, [path.join(ROOT, 'cli/main.ts'), 'up', '--json', '--data', dataDir], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(up.stdout, 'data')
  t.ok((await processesIn(dataDir)).length >= 5)
  up.kill('SIGKILL')
  await once(up, 'exit')

  // While the parts of the killed one are still going.
  const next = startCli(['up', '--data', dataDir])
  await next.says('Ctrl-C stops it')
  t.equal(readFileSync(path.join(dataDir, 'key'), 'utf8'), before, 'the key still opens it')
  next.kill('SIGINT')
  t.equal((await next.finished).code, 0)
  await eventually(
    () => processesIn(dataDir),
    (left) => left.length === 0,
  )
})

t.test('a start that is interrupted leaves nothing behind', async (t) => {
  const dataDir = path.join(folder, 'other')
  const up = startCli(['up', '--data', dataDir])
  await eventually(
    () => processesIn(dataDir),
    (running) => running.length > 0,
  )
  up.kill('SIGINT')
  t.equal((await up.finished).code, 130)
  t.strictSame(await processesIn(dataDir), [])
})

t.test('the demo makes film and contact sheet, says what was spent where, and stops', async (t) => {
  const dataDir = path.join(folder, 'fc')
  const args = ['demo', '--data', dataDir, '--out', path.join(folder, 'out'), '--resolution', '480p']
  const first = await runCli(args, { cwd: folder })
  t.equal(first.code, 0, first.err)
  t.match(first.err, /Watch it live: http:\/\/127\.0\.0\.1:\d+\/watch\/[0-9a-f-]{36}#\S+\n/)
  t.match(first.out, /welcome\.mp4\n +9\.5 s, 228 frames at 24 fps/)
  t.match(
    first.out,
    /ffprobe +h264 High yuv420p, 85\dx480, 228 frames at 24 fps, 9\.500 s, aac 48000 Hz 2 ch/,
  )
  for (const stage of [
    'start postgres',
    'start worker',
    'waiting',
    'planning',
    'scenes',
    'assembling',
    'download',
    'stop',
    'total',
  ]) {
    t.match(first.out, new RegExp(`^  ${stage} +[\\d.]+ s`, 'm'), stage)
  }
  t.ok(statSync(path.join(folder, 'out/welcome-contact.png')).size > 1_000)
  t.strictSame(await processesIn(dataDir), [])
})
