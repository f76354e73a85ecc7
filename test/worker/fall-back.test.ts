/** Which engine steps in for another, and which never does: with real processes, one server away, one endpoint too small. */
import t from 'tap'
import { autoEngines, enginesOf, standIns } from '../../core/jobs/routing.ts'
import type { JobOutput } from '../../core/jobs/types.ts'
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

const auto = (over: Partial<Parameters<typeof autoEngines>[0]> = {}) =>
  autoEngines({
    config: { ...settings(), DEFAULT_ENGINE: null },
    down: new Set(),
    isCloudAllowed: false,
    defaultEngine: null,
    fallback: false,
    ...over,
  })
const within = (mode: Mode, preferred: EngineKind | null = null) => ({
  config: { ...settings({ FRAMECAST_MODE: mode }), DEFAULT_ENGINE: preferred },
})
const down = (...engines: EngineKind[]) => ({ down: new Set(engines) })

t.test('what auto means: the default, then what is up and may step in', (t) => {
  t.strictSame(auto(), ['comfyui'], 'neither the cloud nor an animatic comes by itself')
  t.strictSame(auto({ isCloudAllowed: true, fallback: true }), ['comfyui', 'runpod', 'preview'])
  t.strictSame(auto({ ...down('comfyui'), isCloudAllowed: true }), ['runpod'])
  t.strictSame(auto(down('comfyui')), ['comfyui'], 'with nobody to step in it is waited for')
  t.strictSame(auto({ ...down('comfyui'), fallback: true }), ['preview'])
  t.strictSame(auto({ ...down('comfyui'), fallback: true, ...within('production') }), ['comfyui'])
  t.strictSame(auto({ ...down('comfyui'), ...within('developer') }), ['preview'])
  t.strictSame(auto(within('self-hosted', 'preview')), ['preview'])
  t.strictSame(
    auto({ ...down('preview'), isCloudAllowed: true, ...within('self-hosted', 'preview') }),
    ['preview'],
    'what costs nothing is not replaced by what does',
  )
  t.strictSame(auto({ defaultEngine: 'preview' }), ['preview'], "a team's default comes first")
  t.strictSame(auto({ defaultEngine: 'kling' }), ['comfyui'], 'one that is not set up is passed over')
  t.strictSame(auto({ config: { ...settings({ COMFYUI_URLS: [] }), DEFAULT_ENGINE: 'comfyui' } }), [])
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
      t.match((done.output as JobOutput).metadata, {
        fallbacks: [
          { scene_id: 'one', from: 'runpod', to: 'comfyui', code: 'out_of_memory' },
          { scene_id: 'one', from: 'comfyui', to: 'preview' },
        ],
        possible_double_charge: [],
        warnings: [/^scene one was made by the preview engine instead: /],
      })
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

  t.test(
    'auto looks at how servers do: one that is down is passed over for the cloud, where that is allowed',
    async (t) => {
      const { pool } = stack.db
      const teamId = await buildTeam(pool, user)
      const member = person(user.userId, { teams: new Map([[teamId, 'owner']]) })
      const ask = (prompt: string) =>
        stack.jobs.accept(member, {
          spec: spec(prompt),
          owner: `framecast:team:${teamId}`,
          options: { resolution: '480p' },
        })
      const engineOf = async (jobId: string) =>
        (await pool.query('select engine from jobs where id = $1', [jobId])).rows[0].engine
      await pool.query(
        `update engine_hosts set probe_failures = 3, probed_at = now() where engine = 'comfyui'`,
      )
      const { job: home } = await ask('a scene that stays at home')
      t.equal(await engineOf(home.id), 'comfyui', 'without leave it waits')
      await stack.jobs.cancel(member, home.id)
      await pool.query(`update teams set settings = '{"cloud_fallback":true}' where id = $1`, [teamId])
      const { job: abroad } = await ask('a scene that may go')
      t.equal(await engineOf(abroad.id), 'runpod')
      await pool.query(`update teams set settings = '{"default_engine":"preview"}' where id = $1`, [teamId])
      const { job: animatic } = await ask('a scene of a team that draws first')
      t.equal(await engineOf(animatic.id), 'preview')
      t.equal(animatic.creditsCharged, 0)
      for (const { id } of [abroad, animatic]) t.equal((await stack.finished(id)).status, 'completed')
    },
  )
})
