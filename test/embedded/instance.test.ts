/** A real private instance: comes up, renders, survives crashes, stops in order. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { findTools, probe } from '../../core/platform/ffmpeg.ts'
import { type EmbeddedEvent, startEmbedded } from '../../embedded/start.ts'
import { runCli, startCli } from '../cli/support.ts'
import { eventually, processesIn } from './support.ts'

const STORY = `title: Harbour
symbols:
  mara: {prompt: a woman in a red coat, reference_images: [{id: "file:mara.png"}]}
scenes:
  - {id: quay, prompt: "@mara walks along the quay", duration: 1}
  - {id: boat, prompt: a boat leaves the harbour, duration: 1}
transitions: {default: {type: fade, duration: 0.25}}
`

t.setTimeout(240_000)
const folder = mkdtempSync(path.join(os.tmpdir(), 'framecast-embedded-'))
chmodSync(folder, 0o755)
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

t.test('an instance in a folder', async (t) => {
  const dataDir = path.join(folder, 'fc')
  const events: EmbeddedEvent[] = []
  const instance = await startEmbedded({
    dataDir,
    durability: 'fast',
    seedSounds: true,
    onEvent: (event) => events.push(event),
  })
  t.teardown(() => instance.close())

  t.test('is up with all its parts, and keeps its secrets to itself', async (t) => {
    t.strictSame(
      events
        .filter((event) => event.kind === 'ready')
        .map((event) => event.part)
        .toSorted(),
      ['migrate', 'postgres', 'preview', 'server', 'store', 'worker'],
    )
    for (const file of ['key', 'secrets.json', 'lock']) {
      t.equal(statSync(path.join(dataDir, file)).mode & 0o777, 0o600, file)
    }
    t.equal(readFileSync(path.join(dataDir, 'key'), 'utf8').trim(), instance.apiKey)
    for (const { command } of await processesIn(dataDir)) {
      t.notMatch(
        command,
        new RegExp(JSON.parse(readFileSync(path.join(dataDir, 'secrets.json'), 'utf8')).postgresPassword),
      )
    }
    const status = await fetch(`${instance.url}/v1/status`, {
      headers: { authorization: `Bearer ${instance.apiKey}` },
    })
    t.match(await status.json(), { status: 'ok', workers: 1 })
  })

  t.test('makes the sounds that come with Framecast beside its other work', async (t) => {
    const list = async () => {
      const reply = await fetch(`${instance.url}/v1/system-assets`, {
        headers: { authorization: `Bearer ${instance.apiKey}` },
      })
      return (await reply.json()) as { id: string }[]
    }
    const sounds = await eventually(list, (found) => found.length >= 2, 120_000)
    const { preview_url } = (await (
      await fetch(`${instance.url}/v1/system-assets/${sounds[0]!.id}`, {
        headers: { authorization: `Bearer ${instance.apiKey}` },
      })
    ).json()) as { preview_url: string }
    const sound = Buffer.from(await (await fetch(preview_url)).arrayBuffer())
    t.equal(sound.subarray(0, 4).toString(), 'OggS')
    // A look at the very moment in which the instance writes its note sees half of it, and begins from nothing.
    const look = async () => {
      const left = await runCli(['admin', 'assets', 'seed', '--data', dataDir, '--dry-run', '--json'])
      t.equal(left.code, 0, left.err)
      return JSON.parse(left.out) as { stored: string[]; unchanged: string[] }
    }
    const { stored, unchanged } = await eventually(look, (found) => found.unchanged.length >= 2, 120_000)
    t.equal(stored.length + unchanged.length, 42, 'the command finds what the instance made')
  })

  t.test('refuses a second one, and says how to use the first', async (t) => {
    await t.rejects(startEmbedded({ dataDir }), {
      code: 'in_use',
      message: new RegExp(`--server ${instance.url} `),
    })
    const end = await runCli(['up', '--data', dataDir])
    t.equal(end.code, 4)
    t.match(end.err, /is in use by another instance/)
  })

  t.test('renders what the command gives it, pictures included, and reuses its clips', async (t) => {
    writeFileSync(path.join(folder, 'harbour.yaml'), STORY)
    await sharp({ create: { width: 64, height: 48, channels: 3, background: '#a33' } })
      .png()
      .toFile(path.join(folder, 'mara.png'))
    const render = [
      'render',
      'harbour.yaml',
      '--data',
      dataDir,
      '--resolution',
      '480p',
      '--json',
      '-o',
      'harbour.mp4',
    ]
    const first = await runCli(render, { cwd: folder })
    t.equal(first.code, 0, first.err)
    const facts = JSON.parse(first.out)
    t.match(facts, {
      frames: 42,
      duration: 1.75,
      scenes_total: 2,
      scenes_reused: 0,
      joins_encoded: 1,
      credits: 0,
    })
    t.strictSame(Object.keys(facts.stages), [
      'waiting',
      'planning',
      'scenes',
      'assembling',
      'job',
      'download',
      'total',
    ])
    const media = await probe(await findTools(process.env), path.join(folder, 'harbour.mp4'), {
      countFrames: true,
    })
    t.match(media, {
      video: { codec: 'h264', pixelFormat: 'yuv420p', frames: 42, height: 480 },
      audio: { codec: 'aac' },
    })

    const again = await runCli(render, { cwd: folder })
    t.match(
      JSON.parse(again.out),
      { frames: 42, scenes_reused: 2 },
      'the same picture, uploaded again, is the same',
    )
    const jobs = await runCli(['jobs', '--data', dataDir, '--json'])
    t.equal(JSON.parse(jobs.out).length, 2)
  })

  t.test('a render that is followed survives the end of its server', async (t) => {
    writeFileSync(
      path.join(folder, 'tram.yaml'),
      'title: Tram\nscenes: [{id: tram, prompt: a tram, duration: 6}]\n',
    )
    const render = startCli(['render', 'tram.yaml', '--data', dataDir, '--resolution', '480p', '--json'], {
      cwd: folder,
    })
    await render.says('scenes (1)')
    process.kill(instance.pid('server') as number, 'SIGKILL')
    const end = await render.finished
    t.equal(end.code, 0, end.err)
    t.match(JSON.parse(end.out), { frames: 144 })
  })

  t.test('a part that is killed is started again', async (t) => {
    for (const part of ['server', 'postgres'] as const) {
      const before = instance.pid(part) as number
      process.kill(before, 'SIGKILL')
      await eventually(
        async () => instance.pid(part),
        (pid) => pid !== null && pid !== before,
      )
      const up = async () =>
        fetch(`${instance.url}/ready`).then(
          (response) => response.status,
          () => 0,
        )
      await eventually(up, (status) => status === 200, 40_000)
      t.match(events.filter((event) => event.kind === 'crashed').at(-1), {
        part,
        exit: 'SIGKILL',
        again: true,
      })
    }
  })

  t.test('stops in order within 10 s, and nothing of it is left', async (t) => {
    const begun = performance.now()
    await instance.close()
    t.ok(performance.now() - begun < 10_000)
    t.strictSame(await processesIn(dataDir), [])
    t.throws(() => statSync(path.join(dataDir, 'lock')))
    t.match(
      readFileSync(path.join(dataDir, 'logs/postgres.log'), 'utf8'),
      /database system is shut down\n.*postgres ended.*\n$/,
    )
  })
})
