/** Sound through the whole render path: planned, mixed beside the pictures, laid under the film, told of. */

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { userUrn } from '../../core/access/owner.ts'
import type { UserPrincipal } from '../../core/access/principal.ts'
import type { JobOutput } from '../../core/jobs/types.ts'
import { findTools, probe } from '../../core/platform/ffmpeg.ts'
import { newId } from '../../core/platform/ids.ts'
import { loudness } from '../sound/hearing.ts'
import { buildUser } from '../support/builders.ts'
import { makeMedia } from '../support/media.ts'
import { startStack } from '../support/stack.ts'

const stack = await startStack(t)
const tools = await findTools(process.env)
const OPTIONS = { engine: 'preview', resolution: '480p', aspect: '1:1', fps: 16 }
await stack.startWorker()

type Render = { spec: object; options?: object; user?: UserPrincipal }

type Done = { id: string; status: string; [column: string]: unknown }

async function render({ spec, options, user }: Render): Promise<Done> {
  const principal = user ?? (await buildUser(stack.db.pool))
  const { job } = await stack.jobs.accept(principal, { spec, options: { ...OPTIONS, ...options } })
  return { ...(await stack.finished(job.id)), id: job.id }
}

/** An asset of somebody's, with these bytes, whatever they are. */
async function buildAsset(user: UserPrincipal, bytes: Buffer, name: string): Promise<string> {
  const id = newId()
  const key = `test/${id}/${name}`
  await stack.store.putBytes(key, bytes, 'audio/wav', AbortSignal.timeout(10_000))
  await stack.db.pool.query(
    `insert into asset_files (id, owner, uploaded_by, filename, s3_key, content_type, size_bytes, status, metadata)
     values ($1, $2, $3, $4, $5, 'audio/wav', $6, 'ready', $7)`,
    [
      id,
      userUrn(user.userId),
      user.userId,
      name,
      key,
      Math.max(1, bytes.length),
      JSON.stringify({ sha256: createHash('sha256').update(bytes).digest('hex') }),
    ],
  )
  return id
}

const SPEC = {
  title: 'Heard',
  symbols: { mara: { prompt: 'a keeper of lights', voice: { asset_id: 'asset_sfx_pop' } } },
  global_audio: { ambient: { asset_id: 'asset_ambient_ocean', loop: true, volume: 0.5 } },
  scenes: [
    {
      id: 'one',
      prompt: 'a lighthouse',
      duration: 1.5,
      audio: { sfx: [{ asset_id: 'asset_sfx_footsteps' }] },
    },
    {
      id: 'two',
      prompt: 'the sea',
      duration: 1.5,
      audio: { dialogue: [{ text: 'Storm.', speaker: 'mara' }] },
    },
  ],
  transitions: { default: { type: 'fade', audio: { asset_id: 'asset_transition_swoosh' } } },
}

t.test(
  'a film sounds as planned, at the loudness asked for, and starts and ends with its pictures',
  async (t) => {
    const user = await buildUser(stack.db.pool)
    const done = await render({ spec: SPEC, user })
    t.equal(done.status, 'completed', JSON.stringify(done.error))
    const output = done.output as JobOutput
    t.match(output.metadata.sound, { profile: 'web', sources: 4 })
    const path = join(stack.workDir, 'film.mp4')
    await stack.store.getFile(output.video_key, path, AbortSignal.timeout(10_000), output.sha256)
    const info = await probe(tools, path)
    t.equal(info.audio?.durationS, 2.5)
    t.equal(info.video?.durationS, 2.5)
    const heard = await loudness(tools, path)
    t.ok(Math.abs(heard.lufs + 14) <= 0.5, `${heard.lufs} LUFS`)
    t.ok(heard.truePeakDb <= -1, `${heard.truePeakDb} dBTP`)

    const again = await render({ spec: { ...SPEC, title: 'Heard again' }, user })
    const { rows } = await stack.db.pool.query(
      `select result from job_steps where job_id = $1 and kind = 'sound'`,
      [again.id],
    )
    t.match(rows[0].result, { reused: true }, 'the same sound is not mixed again')
    const quiet = await render({ spec: SPEC, options: { loudness: 'ebu-r128' }, user })
    const { sound } = (quiet.output as JobOutput).metadata
    t.ok(sound !== 'silent' && Math.abs(sound.lufs! + 23) <= 0.5, JSON.stringify(sound))
  },
)

t.test('a film without any sound is not mixed, and has a silent track', async (t) => {
  const done = await render({ spec: { title: 'Mute', scenes: [{ id: 'a', prompt: 'fog', duration: 1 }] } })
  const output = done.output as JobOutput
  t.same(output.metadata.sound, { profile: 'web', sources: 0, lufs: null, true_peak_db: null })
  const { rows } = await stack.db.pool.query(`select 1 from job_steps where job_id = $1 and kind = 'sound'`, [
    done.id,
  ])
  t.equal(rows.length, 0)
})

t.test('a sound that cannot be mixed fails the job as invalid, and says in which scene', async (t) => {
  const user = await buildUser(stack.db.pool)
  const whole = await makeMedia(tools, 'tone.wav', ['sine=f=440:r=48000:d=2'], ['-c:a', 'pcm_s16le'])
  const asset_id = await buildAsset(user, whole.subarray(0, whole.length / 2), 'tone.wav')
  const spec = {
    title: 'Broken',
    scenes: [
      { id: 'one', prompt: 'a lighthouse', duration: 1 },
      { id: 'two', prompt: 'the sea', duration: 1, audio: { sfx: [{ asset_id }] } },
    ],
  }
  const done = await render({ spec, user })
  t.match(done, {
    status: 'failed',
    failure_type: 'validation',
    error: {
      code: 'sound_unusable',
      scene_id: 'two',
      message: 'scenes[1].audio.sfx[0]: the sound cannot be used: it breaks off',
    },
  })
})
