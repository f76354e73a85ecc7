/** Dialogue through the whole render path, with real processes. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { promisify } from 'node:util'
import t from 'tap'
import type { SpokenLine } from '../../core/jobs/spoken-lines.ts'
import type { JobOutput } from '../../core/jobs/types.ts'
import { findTools, listPackets, probe, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { createProjectService } from '../../core/projects/service.ts'
import type { VoiceOutcome } from '../../worker/steps/plan-voice.ts'
import { buildTeam, buildUser } from '../support/builders.ts'
import { levelOf } from '../support/sound-level.ts'
import { startStack } from '../support/stack.ts'
import { MISHAPS, startVoiceService, VOICE_KEY } from '../support/voice-service.ts'

const run = promisify(execFile)
const stack = await startStack(t)
const tools = await findTools(process.env)
let worker = await stack.startWorker()
/** Of one owner, so that scenes are rendered once for all that follows. */
const user = await buildUser(stack.db.pool)

const OPTIONS = { resolution: '480p', aspect: '1:1', fps: 16 }
const voice = { asset_id: 'asset_sfx_pop' }
const SPEC = {
  title: 'Keeper & child',
  symbols: {
    keeper: { prompt: 'an old man with a lantern', voice },
    child: { prompt: 'a girl of seven', voice: { asset_id: 'asset_sfx_footsteps' } },
  },
  scenes: [
    {
      id: 'stairs',
      prompt: '@keeper on the stairs',
      duration: 3,
      audio: {
        dialogue: [
          { speaker: 'keeper', text: 'Who is there?', start: 0.2 },
          { speaker: 'child', text: '…', start: 1 },
          {
            speaker: 'child',
            text: 'Only me. I brought you the oil, and the wick, and a letter from the town.',
            start: 1.5,
          },
        ],
      },
    },
    {
      id: 'lamp',
      prompt: '@child lights the lamp',
      duration: 2,
      audio: { dialogue: [{ speaker: 'keeper', text: 'Who is there?' }] },
    },
  ],
  timeline: [{ scene: 'stairs' }, { scene: 'lamp' }, { scene: 'stairs' }],
}

type Step = { key: string; state: string; attempt: number; result: VoiceOutcome }

async function voiceSteps(jobId: string): Promise<Step[]> {
  const { rows } = await stack.db.pool.query<Step>(
    `select key, state, attempt, result from job_steps where job_id = $1 and kind = 'voice' order by key`,
    [jobId],
  )
  return rows
}

t.test('every line that can be said is spoken once, however often its scene is shown', async (t) => {
  const { job } = await stack.jobs.accept(user, { spec: SPEC, options: OPTIONS })
  const done = await stack.finished(job.id)
  t.equal(done.status, 'completed', JSON.stringify(done.error))
  const steps = await voiceSteps(job.id)
  t.strictSame(
    steps.map(({ key }) => key),
    ['lamp/0', 'stairs/0', 'stairs/2'],
  )
  const [lamp, first, last] = steps.map(({ result }) => result) as [VoiceOutcome, VoiceOutcome, VoiceOutcome]
  t.equal(lamp.objectKey, first.objectKey, 'the same words in the same voice are one sound')
  t.equal(steps.filter(({ result }) => result.reused).length, 1, 'and were spoken once')
  t.not(last.objectKey, first.objectKey)
  for (const line of [first, last]) {
    t.match(line, { sampleRate: 48_000 })
    const path = join(stack.workDir, `${line.sha256}.flac`)
    await stack.store.getFile(line.objectKey, path, AbortSignal.timeout(10_000), line.sha256)
    const level = await levelOf(tools, path)
    t.ok(level.rmsDb > -35, `RMS ${level.rmsDb} dB`)
    t.ok(Math.abs(level.durationS - line.durationS) < 0.05)
  }
  t.ok(last.durationS > 2.5 && last.durationS < 9, `${last.durationS} s`)
  const output = done.output as JobOutput
  t.same(output.duration, 8)
  t.match(output.metadata.warnings.join(), /line 3 of scene stairs lasts .* its end is cut/)
})

t.test('a project tells how the lines sound that were spoken for it, and of no others', async (t) => {
  const projects = createProjectService({ db: stack.db, jobs: stack.jobs })
  const owner = await buildUser(stack.db.pool)
  const teamId = await buildTeam(stack.db.pool, owner, { credits: 1_000 })
  const maker = { ...owner, teams: new Map([[teamId, 'owner' as const]]) }
  const { id } = await projects.create(maker, teamId, { name: 'Keeper', spec: SPEC })
  t.strictSame(await projects.spokenLines(maker, id), [], 'before anything is rendered')
  const { job } = await projects.render(maker, id, { options: OPTIONS, idempotencyKey: null })
  t.equal((await stack.finished(job.id)).status, 'completed')
  const lines = await projects.spokenLines(maker, id)
  t.match(lines, [
    { sceneId: 'stairs', index: 0, speaker: 'keeper', text: 'Who is there?' },
    { sceneId: 'stairs', index: 2, speaker: 'child' },
    { sceneId: 'lamp', index: 0, speaker: 'keeper', text: 'Who is there?' },
  ])
  t.equal(lines.length, 3, 'once each, however often the scene is shown')
  const [first, last, same] = lines as [SpokenLine, SpokenLine, SpokenLine]
  t.equal(same.objectKey, first.objectKey)
  t.ok(last.durationS > first.durationS)
  for (const { peaks, durationS } of lines) {
    t.equal(peaks?.length, 100)
    t.ok(peaks?.every(([low, high]) => low >= -1 && low <= high && high <= 1))
    t.ok(peaks?.some(([, high]) => high > 0.1) && durationS > 0.3, 'something is heard')
  }
  const other = structuredClone(SPEC)
  other.scenes[0]!.audio.dialogue[0]!.text = 'Is it you?'
  await projects.replaceSpec(maker, id, other, '')
  t.strictSame(
    (await projects.spokenLines(maker, id)).map(({ sceneId, index }) => `${sceneId} ${index}`),
    ['stairs 2', 'lamp 0'],
    'other words are not spoken yet',
  )
  await projects.replaceSpec(maker, id, { title: 'Faulty', scenes: 'none' }, '')
  t.strictSame(await projects.spokenLines(maker, id), [], 'nor is what cannot be read')
})

t.test('the film carries its captions as a track, and files beside it say the same', async (t) => {
  const { rows } = await stack.db.pool.query<{ output: JobOutput }>(
    'select output from jobs order by created_at limit 1',
  )
  const { output } = rows[0]!
  const { srt_key, vtt_key } = output.captions!
  t.equal(
    srt_key.slice(0, srt_key.lastIndexOf('/')),
    output.video_key.slice(0, output.video_key.lastIndexOf('/')),
  )
  const fetched = async (key: string, name: string): Promise<string> => {
    const path = join(stack.workDir, name)
    await stack.store.getFile(key, path, AbortSignal.timeout(10_000))
    return path
  }
  const vtt = await readFile(await fetched(vtt_key, 'captions.vtt'), 'utf8')
  t.match(vtt, /^WEBVTT\n\n00:00:00\.200 --> 00:00:\d\d\.\d\d\d\nKeeper: Who is there\?\n/)
  t.match(vtt, /\nChild: …\n/, 'what is not spoken is shown')
  const cues = vtt.match(/ --> /g)!.length
  const srt = await readFile(await fetched(srt_key, 'captions.srt'), 'utf8')
  t.equal(srt.match(/ --> /g)!.length, cues)
  const film = await fetched(output.video_key, 'film.mp4')
  const track = await listPackets(tools, film, { stream: 's:0' })
  t.equal(track.filter(({ sizeBytes }) => sizeBytes > 2).length, cues)
  const { stdout } = await run(tools.ffprobe, [
    '-v',
    'error',
    '-of',
    'json',
    '-show_streams',
    '-select_streams',
    's',
    film,
  ])
  t.match(JSON.parse(stdout).streams, [
    { codec_name: 'mov_text', tags: { language: 'eng' }, disposition: { forced: 0 } },
  ])
})

/** The lower part of one picture, in grey. */
async function footOf(film: string, frame: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  const filter = `[0:v:0]select=eq(n\\,${frame}),crop=iw:ih/4:0:ih*3/4,format=gray[foot]`
  const options = ['-map', '[foot]', '-frames:v', '1', '-c:v', 'rawvideo', '-f', 'rawvideo']
  await runFfmpeg(
    tools,
    { inputs: [{ path: film }], filter, outputs: [{ path: 'pipe:1', options }] },
    { stdout, wallMs: 60_000 },
  )
  return Buffer.concat(chunks)
}

t.test(
  'captions that are burnt in are seen while their line is said, and no other frame is touched',
  async (t) => {
    const { rows } = await stack.db.pool.query('select output from jobs order by created_at limit 1')
    const { job } = await stack.jobs.accept(user, { spec: SPEC, options: { ...OPTIONS, captions: 'burn' } })
    const { output } = (await stack.finished(job.id)) as unknown as { output: JobOutput }
    t.ok(output.captions, 'the files are there as well')
    const [plain, burnt] = [join(stack.workDir, 'plain.mp4'), join(stack.workDir, 'burnt.mp4')]
    await stack.store.getFile(rows[0].output.video_key, plain, AbortSignal.timeout(10_000))
    await stack.store.getFile(output.video_key, burnt, AbortSignal.timeout(10_000))
    t.equal((await probe(tools, burnt)).streamCount, 2, 'there is no track to be read twice')
    const [inLine, before, after] = [16, 1, 4 * 16 + 15]
    const changed = async (frame: number): Promise<number> => {
      const [one, other] = await Promise.all([footOf(plain, frame), footOf(burnt, frame)])
      return one.reduce((count, grey, i) => count + (Math.abs(grey - other[i]!) > 40 ? 1 : 0), 0)
    }
    t.ok((await changed(inLine)) > 300, 'letters')
    t.ok((await changed(before)) < 50)
    t.ok((await changed(after)) < 50)
  },
)

t.test('without captions there is neither track nor file; nor is there in a film that is mute', async (t) => {
  const mute = { ...SPEC, timeline: null, scenes: SPEC.scenes.map(({ audio: _, ...scene }) => scene) }
  for (const [spec, options] of [
    [SPEC, { ...OPTIONS, captions: 'off' }],
    [mute, OPTIONS],
  ]) {
    const { job } = await stack.jobs.accept(user, { spec, options })
    const { output } = (await stack.finished(job.id)) as unknown as { output: JobOutput }
    t.equal(output.captions, null)
    const film = join(stack.workDir, 'mute.mp4')
    await stack.store.getFile(output.video_key, film, AbortSignal.timeout(10_000), output.sha256)
    t.equal((await probe(tools, film)).streamCount, 2)
  }
})

t.test('a line that was spoken before is not spoken again', async (t) => {
  const spec = { ...SPEC, timeline: null, title: 'Another film' }
  const { job } = await stack.jobs.accept(user, { spec, options: OPTIONS })
  t.equal((await stack.finished(job.id)).status, 'completed')
  for (const step of await voiceSteps(job.id)) t.match(step, { attempt: 0, result: { reused: true } })
})

t.test('no line of text fails a job, whatever it is written in', async (t) => {
  const lines = [
    'Tell me again why we came here. '.repeat(16).slice(0, 500),
    'שלום עולם — مرحبا بالعالم',
    '你好，世界！🎬👩‍👩‍👧',
    'a\u0007b\u202ec\u200d -->  {\\an8}<b>&amp;</b>\n\n7',
    '?!…',
  ]
  const dialogue = lines.map((text) => ({ speaker: 'keeper', text }))
  const scenes = [{ id: 'noise', prompt: '@keeper', duration: 2, audio: { dialogue } }]
  const spec = { title: 'Noise', symbols: SPEC.symbols, scenes }
  const { job } = await stack.jobs.accept(user, { spec, options: { ...OPTIONS, captions: 'burn' } })
  const done = await stack.finished(job.id)
  t.equal(done.status, 'completed', JSON.stringify(done.error))
  t.equal((await voiceSteps(job.id)).length, 4)
  const { warnings } = (done.output as JobOutput).metadata
  t.match(warnings.join(), /line 1 of scene noise lasts/)
  t.match(warnings.join(), /captions are burnt in with Latin, Greek and Cyrillic letters only/)
})

t.test('with nobody to speak, dialogue becomes captions, and the validator says so', async (t) => {
  await worker.stop()
  worker = await stack.startWorker({ VOICE_ENGINE: 'off' })
  const { job } = await stack.jobs.accept(user, { spec: SPEC, options: OPTIONS })
  const done = await stack.finished(job.id)
  t.equal(done.status, 'completed', JSON.stringify(done.error))
  t.strictSame(await voiceSteps(job.id), [])
  const output = done.output as JobOutput
  t.ok(output.captions)
  t.match(output.metadata.warnings.join(), /no voice engine is set up: the line is not spoken/)
})

t.test('a line that the service will not speak ends the job, which says which line and why', async (t) => {
  const service = await startVoiceService(t, tools, stack.workDir)
  const env = { VOICE_ENGINE: 'elevenlabs', VOICE_URL: service.url, VOICE_API_KEY: 'sk_of_somebody_else' }
  await worker.stop()
  worker = await stack.startWorker(env)
  const { job } = await stack.jobs.accept(user, { spec: SPEC, options: OPTIONS })
  const done = await stack.finished(job.id)
  t.match(done, {
    status: 'failed',
    failure_type: 'system',
    error: {
      code: 'voice_key_refused',
      message: /^line \d of scene (stairs|lamp) was not spoken: the voice service refuses our key/,
      scene_id: /^(stairs|lamp)$/,
    },
  })
  t.notMatch(JSON.stringify(done), 'sk_of_somebody_else')
})

t.test('with a service that knows us the film has its lines, spoken at most so many at once', async (t) => {
  const service = await startVoiceService(t, tools, stack.workDir)
  await worker.stop()
  worker = await stack.startWorker({
    VOICE_ENGINE: 'elevenlabs',
    VOICE_URL: service.url,
    VOICE_API_KEY: VOICE_KEY,
    VOICE_MAP: JSON.stringify({ keeper: 'pNInz6obpgDQGcFmaJgB' }),
    VOICE_CONCURRENCY: '1',
  })
  service.mishaps.push(MISHAPS.page)
  const { job } = await stack.jobs.accept(user, { spec: SPEC, options: OPTIONS })
  t.equal((await stack.finished(job.id)).status, 'completed')
  t.equal(service.open.most, 1)
  t.ok(service.asked.some(({ path }) => path.includes('pNInz6obpgDQGcFmaJgB')))
  const steps = await voiceSteps(job.id)
  t.ok(
    steps.some(({ attempt }) => attempt > 1),
    'a page instead of speech was not believed',
  )
  t.ok(steps.every(({ result }) => (result.wordTimes ?? []).length > 0))
})
