/** Which engine steps in for another, and which never does: with real processes, one server away, one endpoint too small. */
import t from 'tap'
import { enginesOf, standIns } from '../../core/jobs/routing.ts'
import type { EngineKind, Mode } from '../../core/platform/config.ts'
import { findTools } from '../../core/platform/ffmpeg.ts'
import { buildTeam, buildUser, person } from '../support/builders.ts'
import { startFakeRunpod } from '../support/fake-runpod/server.ts'
import { handle } from '../support/fake-runpod/worker.ts'
import { makeFilm } from '../support/media.ts'
import { startStack } from '../support/stack.ts'

const settings = (over: Partial<Parameters<typeof enginesOf>[0] & { FRAMECAST_MODE: Mode }> = {}) => ({
  COMFYUI_URLS: ['http://gpu-01:8188'],
  RUNPOD_API_KEY: 'key',
  PREVIEW_URL: 'http://127.0.0.1:8190',
  FRAMECAST_MODE: 'self-hosted' as Mode,
  ...over,
})
const chosen = (tried: EngineKind[], isCloudAllowed: boolean, mode: Mode = 'self-hosted') =>
  standIns({ config: settings({ FRAMECAST_MODE: mode }), tried, isCloudAllowed })

t.test('own servers come before a cloud, and both before animatics', (t) => {
  t.strictSame(enginesOf(settings()), ['comfyui', 'runpod', 'preview'])
  t.strictSame(enginesOf(settings({ COMFYUI_URLS: [] })), ['runpod', 'preview'])
  t.strictSame(enginesOf(settings({ COMFYUI_URLS: [], RUNPOD_API_KEY: '', PREVIEW_URL: '' })), [])
  t.end()
})

t.test('who may step in', (t) => {
  t.strictSame(chosen(['comfyui'], false), ['preview'], 'nothing leaves the house unasked')
  t.strictSame(chosen(['comfyui'], true), ['runpod', 'preview'])
  t.strictSame(chosen(['runpod'], false), ['comfyui', 'preview'], 'coming home needs no leave')
  t.strictSame(chosen(['runpod', 'comfyui'], false), ['preview'])
  t.strictSame(chosen(['comfyui'], false, 'production'), [], 'an animatic is no film')
  t.strictSame(chosen(['comfyui'], true, 'production'), ['runpod'])
  t.strictSame(chosen(['comfyui', 'runpod', 'preview'], true), [])
  t.end()
})

t.test('over real processes', async (t) => {
  const clip = await makeFilm(await findTools(process.env), { size: '640x368' })
  const fake = await startFakeRunpod(t)
  const making = async (input: unknown) =>
    handle(input, { files: () => [{ list: 'images', extension: '.mp4', bytes: clip }] })
  const failing = async () => ({ error: 'Job processing failed', details: ['Message: CUDA out of memory'] })
  const stack = await startStack(t, {
    env: {
      FRAMECAST_MODE: 'self-hosted',
      COMFYUI_URLS: 'http://127.0.0.1:9',
      RUNPOD_API_KEY: fake.apiKey,
      RUNPOD_ENDPOINT_ID: fake.endpointId,
      RUNPOD_BASE_URL: fake.url,
      FALLBACK_AFTER_SECONDS: '1',
    },
  })
  await stack.startWorker()
  const spec = (prompt: string) => ({ title: 'Fallback', scenes: [{ id: 'one', prompt, duration: 1 }] })
  const scene = async (jobId: string) =>
    (
      await stack.db.pool.query(`select engine, result from job_steps where job_id = $1 and kind = 'scene'`, [
        jobId,
      ])
    ).rows[0]

  const user = await buildUser(stack.db.pool)

  t.test(
    'an endpoint that is too small: home, and where nobody is at home an animatic, both on record',
    async (t) => {
      fake.handler = failing
      const { job } = await stack.jobs.accept(user, {
        spec: spec('a scene for large cards'),
        options: { engine: 'runpod', resolution: '480p', fallback: true },
      })
      const done = await stack.finished(job.id)
      t.equal(done.status, 'completed', JSON.stringify(done.error))
      t.match(await scene(job.id), {
        engine: 'preview',
        result: {
          fallbacks: [
            { from: 'runpod', to: 'comfyui', code: 'out_of_memory' },
            { from: 'comfyui', to: 'preview', code: 'engine_unreachable' },
          ],
        },
      })
      t.equal(Number(done.credits_charged), job.creditsCharged, 'the price stays')
    },
  )

  t.test('without being asked for nothing steps in', async (t) => {
    fake.handler = failing
    const { job } = await stack.jobs.accept(user, {
      spec: spec('another scene for large cards'),
      options: { engine: 'runpod', resolution: '480p' },
    })
    t.match(await stack.finished(job.id), { status: 'failed', error: { code: 'out_of_memory' } })
  })

  t.test('a team that allows it has its scenes made in the cloud', async (t) => {
    fake.handler = making
    const teamId = await buildTeam(stack.db.pool, user)
    await stack.db.pool.query(`update teams set settings = '{"cloud_fallback":true}' where id = $1`, [teamId])
    const { job } = await stack.jobs.accept(person(user.userId, { teams: new Map([[teamId, 'owner']]) }), {
      spec: spec('a scene that may leave the house'),
      owner: `framecast:team:${teamId}`,
      options: { engine: 'comfyui', resolution: '480p', fallback: true },
    })
    const done = await stack.finished(job.id)
    t.equal(done.status, 'completed', JSON.stringify(done.error))
    t.match(await scene(job.id), {
      engine: 'runpod',
      result: { fallbacks: [{ from: 'comfyui', to: 'runpod' }] },
    })
  })
})
