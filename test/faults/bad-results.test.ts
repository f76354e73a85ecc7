/** What engines deliver that is not what was asked for: conformed where that can be done rightly, else refused on its scene. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { objectPrefix, userUrn } from '../../core/access/owner.ts'
import type { UserPrincipal } from '../../core/access/principal.ts'
import { refund } from '../../core/jobs/refund.ts'
import type { JobOutput } from '../../core/jobs/types.ts'
import { filmFormat } from '../../core/media/format.ts'
import { findTools, probe } from '../../core/platform/ffmpeg.ts'
import { newId } from '../../core/platform/ids.ts'
import {
  buildPayer,
  framesOf,
  leavesNothing,
  makeClip,
  OPTIONS,
  promisesHold,
  startFaultStack,
  storyboard,
} from '../support/faults.ts'
import { makeMedia, playlistTo } from '../support/media.ts'

t.setTimeout(300_000)
const stack = await startFaultStack(t, { env: { COMFYUI_PLACES: '4' } })
const { fake, store } = stack
const { pool } = stack.db
const tools = await findTools(process.env)
const good = Buffer.from(await makeClip())
const NEVER = new AbortController().signal

/** Bytes to be delivered for prompts that hold a word; all others get a good clip. */
const delivered = new Map<string, Buffer>()
/** The same, for the first time only. */
const once = new Map<string, Buffer>()
fake.hold = (graph) => {
  const text = JSON.stringify(graph)
  const first = [...once.keys()].find((word) => text.includes(word))
  const always = [...delivered.keys()].find((word) => text.includes(word))
  fake.machine.clip = once.get(first ?? '') ?? delivered.get(always ?? '') ?? good
  if (first) once.delete(first)
  return undefined
}
const worker = await stack.startWorker()

const FILM = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']
const picture = (size: string, rate = 24): string => `testsrc2=s=${size}:r=${rate}`

async function accept(spec: object, user: UserPrincipal): Promise<string> {
  return (await stack.jobs.accept(user, { spec, options: OPTIONS })).job.id
}

// ---------------------------------------------------------------- conformed
const ODD: Record<string, Buffer> = {
  'another size': await makeMedia(tools, 'a.mp4', [picture('320x240')], FILM),
  'an upright picture': await makeMedia(tools, 'b.mp4', [picture('270x480')], FILM),
  'another codec': await makeMedia(tools, 'c.mp4', [picture('854x480')], ['-c:v', 'mpeg4', '-q:v', '4']),
  'another pixel format': await makeMedia(
    tools,
    'd.mp4',
    [picture('854x480')],
    ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv444p'],
  ),
  'few frames a second': await makeMedia(tools, 'e.mp4', [picture('640x360', 10)], FILM),
  'a rate that varies': await makeMedia(
    tools,
    'f.mp4',
    [`${picture('640x360', 30)},select='not(mod(n\\,7))+lt(mod(n\\,4)\\,2)'`],
    [...FILM, '-fps_mode', 'vfr'],
  ),
  'sound of its own': await makeMedia(
    tools,
    'g.mp4',
    [picture('640x360'), 'sine=f=440:r=48000'],
    [...FILM, '-c:a', 'aac'],
  ),
  'another container': await makeMedia(
    tools,
    'h.webm',
    [picture('320x180')],
    [...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8']],
  ),
}

t.test('what is only of another kind is conformed: the film has its size, rate and frames', async (t) => {
  const jobs = new Map<string, string>()
  for (const [name, bytes] of Object.entries(ODD)) {
    delivered.set(`odd ${name}`, bytes)
    jobs.set(name, await accept(storyboard(`odd ${name}`), await buildPayer(stack)))
  }
  const { width, height, fps } = filmFormat(OPTIONS.resolution, OPTIONS.aspect, OPTIONS.fps)
  for (const [name, jobId] of jobs) {
    const job = await stack.finished(jobId)
    t.comment(name)
    await promisesHold(t, stack, jobId, { frames: framesOf(1), charged: 1 })
    const output = job.output as JobOutput
    const path = join(stack.workDir, `${output.sha256}.mp4`)
    const { video } = await probe(tools, path)
    t.match(video, { codec: 'h264', pixelFormat: 'yuv420p', width, height, averageRate: fps }, name)
    t.match(output.metadata.sound, { sources: 0 }, 'sound of engines is dropped')
    t.match((await scenesOf(jobId))[0], { attempt: 1, failures: 0 }, 'at the first attempt')
  }
})

// ---------------------------------------------------------------- refused
const scenesOf = async (jobId: string) =>
  (
    await pool.query(
      `select key, state, attempt, failures, error from job_steps where job_id = $1 and kind = 'scene' order by key`,
      [jobId],
    )
  ).rows

const onlySound = await makeMedia(tools, 'i.mp4', ['sine=f=440:r=48000'], ['-c:a', 'aac'])
const still = await makeMedia(
  tools,
  'k.png',
  [picture('320x180')],
  [...['-frames:v', '1', '-f', 'image2', '-update', '1']],
)
/** So that what the last test did is held against no server: five scenes that fail within a minute rest one, and rightly. */
const forgive = () => pool.query(`update engine_hosts set breaker = '{}', blames = '[]'`)

const ALWAYS: Record<string, [Buffer, RegExp]> = {
  'a file without pictures': [onlySound, /no pictures/],
  'too few frames': [
    await makeMedia(tools, 'l.mp4', [picture('854x480')], FILM, 0.5),
    /shorter than the scene/,
  ],
  'sides of ten thousand pixels': [
    await makeMedia(tools, 'm.mp4', [picture('10000x16', 4)], FILM, 0.5),
    /over \d+ pixels/,
  ],
}

t.test('what cannot be used fails its scene, each time, and nothing else', async (t) => {
  await forgive()
  const jobs = new Map<string, { jobId: string; user: UserPrincipal }>()
  for (const [name, [bytes]] of Object.entries(ALWAYS)) {
    delivered.set(`bad ${name}`, bytes)
    const user = await buildPayer(stack)
    const spec = storyboard(`two of ${name}`, 2)
    spec.scenes[1]!.prompt = `bad ${name}`
    jobs.set(name, { user, jobId: await accept(spec, user) })
  }
  for (const [name, { jobId, user }] of jobs) {
    const failed = await stack.finished(jobId)
    const error = { code: 'generation_failed', scene_id: 'scene-2', message: ALWAYS[name]![1] }
    t.match(failed, { failure_type: 'system', error }, name)
    await promisesHold(t, stack, jobId, { status: 'failed', charged: 2, refunded: 2 })
    t.match(
      await scenesOf(jobId),
      [
        { state: 'done', failures: 0 },
        { state: 'failed', failures: 3 },
      ],
      name,
    )
    const { rows } = await pool.query(`select 1 from content_cache where scope = $1 and stage = 'clip'`, [
      userUrn(user.userId),
    ])
    t.equal(rows.length, 1, 'the good scene is kept')
  }
  const next = await accept(storyboard('afterwards'), await buildPayer(stack))
  await stack.finished(next)
  await promisesHold(t, stack, next, { frames: framesOf(1), charged: 1 })
  t.match(await scenesOf(next), [{ attempt: 1, failures: 0 }], 'the server is not held back')
})

const ONCE: Record<string, Buffer>[] = [
  {
    'no frames': await makeMedia(tools, 'j.mp4', [picture('854x480')], [...FILM, '-frames:v', '0']),
    'a clip cut off in the middle': good.subarray(0, good.length >> 1),
    'an empty file': Buffer.alloc(0),
    'a web page': Buffer.from('<!DOCTYPE html><html><body>Sign in</body></html>'),
  },
  {
    'a playlist': playlistTo(`${fake.url}/stolen`),
    'a picture': still,
    noise: Buffer.alloc(50_000, 0xa5),
  },
]

for (const batch of ONCE) {
  const names = Object.keys(batch)
  t.test(`made again: ${names.join(', ')}`, async (t) => {
    await forgive()
    const jobs = new Map<string, string>()
    for (const [name, bytes] of Object.entries(batch)) {
      once.set(`once ${name}`, bytes)
      jobs.set(name, await accept(storyboard(`once ${name}`), await buildPayer(stack)))
    }
    for (const [name, jobId] of jobs) {
      await stack.finished(jobId)
      await promisesHold(t, stack, jobId, { frames: framesOf(1), charged: 1 })
      t.match(await scenesOf(jobId), [{ attempt: 2, failures: 1 }], name)
    }
  })
}

// ---------------------------------------------------------------- assets
t.test(
  'music that is a playlist in disguise, past every check: the job fails, says where, and fetches nothing',
  async (t) => {
    const user = await buildPayer(stack)
    const id = newId()
    const key = `${objectPrefix(userUrn(user.userId))}assets/${id}/music.mp3`
    const bytes = playlistTo(`${fake.url}/stolen`)
    await store.putBytes(key, bytes, 'audio/mpeg', NEVER)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    await pool.query(
      `insert into asset_files (id, owner, uploaded_by, filename, s3_key, content_type, size_bytes, status, metadata)
     values ($1, $2, $3, 'music.mp3', $4, 'audio/mpeg', $5, 'ready', jsonb_build_object('sha256', $6::text))`,
      [id, userUrn(user.userId), user.userId, key, bytes.length, sha256],
    )
    const spec = { ...storyboard('disguised'), global_audio: { music: { asset_id: id } } }
    const jobId = await accept(spec, user)
    const failed = await stack.finished(jobId)
    t.match(failed, {
      failure_type: 'validation',
      error: { code: 'sound_unusable', message: /^global_audio\.music: the sound cannot be used: / },
    })
    const progress = failed.progress as { percent: number }
    await promisesHold(t, stack, jobId, {
      status: 'failed',
      charged: 1,
      refunded: refund(1, 'validation', progress.percent),
    })
    t.notOk(fake.requests.some((line) => line.includes('/stolen')))

    // The same asset, gone from the store or with other bytes, is named as well.
    await store.putBytes(key, Buffer.alloc(bytes.length, 1), 'audio/mpeg', NEVER)
    const changed = await stack.finished(await accept(spec, user))
    t.match(changed, {
      failure_type: 'validation',
      error: { code: 'asset_gone', message: 'global_audio.music: the sound is no longer there' },
    })
  },
)

t.test('nothing is left behind', (t) => leavesNothing(t, stack, [worker]))
