/** Storyboards at their limits, through the API: the largest one is taken, and one step beyond is refused whole. */
import { join } from 'node:path'
import t from 'tap'
import type { JobOutput } from '../../core/jobs/types.ts'
import { findTools, probe } from '../../core/platform/ffmpeg.ts'
import { planShots } from '../../core/storyboard/plan.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'
import { buildKey, buildUser } from '../support/builders.ts'
import { startFakeComfy } from '../support/fake-comfyui.ts'
import { makeMedia } from '../support/media.ts'
import { startStack } from '../support/stack.ts'
import { read, type WireError } from '../support/studio.ts'

const MAX_BYTES = 102_400
const OPTIONS = { resolution: '480p', aspect: '1:1', fps: 16, engine: 'comfyui' } as const

t.setTimeout(500_000)
const clip = await makeMedia(
  await findTools(process.env),
  'clip.mp4',
  ['smptebars=s=320x320:r=16'],
  ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
  30,
)
const fake = await startFakeComfy({ clip })
t.teardown(() => fake.close())
const stack = await startStack(t, { comfyuiUrls: [fake.url] })
const { pool } = stack.db
const [{ url }, { rawKey }] = await Promise.all([stack.startServer(), buildKey(pool)])

const fill = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))
const named = <T>(count: number, make: (index: number) => T): Record<string, T> =>
  Object.fromEntries(fill(count, (index) => [`n${index}`, make(index)]))

/** Everything at once that fits into one film: scenes, symbols, presets, elements, lines in a scene, and bytes. */
function largest({ scenes = 50, symbols = 20, presets = 20, elements = 100, lines = 5 } = {}): Storyboard {
  const spec = {
    title: 'As large as it gets',
    symbols: named(symbols, (index) => ({ prompt: `a lamp of kind ${index}` })),
    transition_presets: named(presets, () => ({ type: 'cut' as const })),
    scenes: fill(scenes, (index) => ({
      id: `scene-${index}`,
      prompt: `@n${index % 20} on the quay`,
      duration: 1,
      ...(index === 0 ? { audio: { dialogue: fill(lines, () => ({ text: 'Yes.' })) } } : {}),
    })),
    timeline: fill(elements, (index) => ({ scene: `scene-${index % scenes}` })),
    note: '',
  }
  spec.note = 'x'.repeat(MAX_BYTES - Buffer.byteLength(JSON.stringify(spec)))
  return spec as Storyboard
}

const generate = (spec: unknown) =>
  read<{ id: string } & WireError>(
    fetch(`${url}/v1/generate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rawKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ spec, options: OPTIONS }),
    }),
  )

t.test('one step beyond is refused, with the place and the limit, and nothing is made', async (t) => {
  const { note: _, ...small } = largest() as Storyboard & { note: string }
  const nested = (depth: number): unknown => (depth === 0 ? 0 : { a: nested(depth - 1) })
  const sfx = fill(11, () => ({ trigger: 'the start', asset_id: 'asset_sfx_footsteps' }))
  const withFirst = (over: object) => ({
    ...small,
    scenes: small.scenes.map((scene, index) => (index === 0 ? { ...scene, ...over } : scene)),
  })
  const beyond: [what: string, spec: unknown, path: string, limit: number][] = [
    ['51 scenes', largest({ scenes: 51 }), 'scenes', 50],
    ['21 symbols', largest({ symbols: 21 }), 'symbols', 20],
    ['21 presets', largest({ presets: 21 }), 'transition_presets', 20],
    ['101 elements', largest({ elements: 101 }), 'timeline', 100],
    ['6 lines in a scene', largest({ lines: 6 }), 'scenes[0].audio.dialogue', 5],
    ['11 sounds in a scene', withFirst({ audio: { sfx } }), 'scenes[0].audio.sfx', 10],
    [
      '9 pictures of a symbol',
      {
        ...small,
        symbols: {
          ...small.symbols,
          n0: {
            prompt: 'x',
            reference_images: fill(9, () => ({ id: 'x', url: 'https://x.example', weight: 1 })),
          },
        },
      },
      'symbols.n0.reference_images',
      8,
    ],
    [
      '300.1 s',
      { ...small, scenes: small.scenes.map((scene, i) => ({ ...scene, duration: i === 0 ? 6.1 : 6 })) },
      'scenes',
      300,
    ],
    ['one byte', { ...largest(), title: 'As large as it gets!' }, '', MAX_BYTES],
  ]
  for (const [what, spec, path, limit] of beyond) {
    const reply = await generate(spec)
    t.equal(reply.status, 400, what)
    const told = JSON.stringify(reply.body)
    t.match(told, `"path":${JSON.stringify(path)}`, `${what}: the place`)
    t.match(told, `"limit":${limit}`, `${what}: the limit`)
  }
  const deep = await generate({ ...small, note: nested(40) })
  t.equal(deep.status, 400, 'nested too deeply')
  const { rows } = await pool.query('select count(*)::int as n from jobs')
  t.strictSame(rows, [{ n: 0 }])
})

t.test('the largest storyboard is accepted, and rendered to its end', async (t) => {
  const spec = largest()
  t.equal(Buffer.byteLength(JSON.stringify(spec)), MAX_BYTES)
  const { status, body } = await generate(spec)
  t.equal(status, 201)
  const worker = await stack.startWorker()
  const job = await stack.finished(body.id, 400_000)
  t.equal(job.status, 'completed', JSON.stringify(job.error))
  const { rows } = await pool.query(
    `select kind, count(*)::int as n from job_steps where job_id = $1 and state = 'done' group by 1 order by 1`,
    [body.id],
  )
  t.match(rows, [
    { kind: 'assemble', n: 1 },
    { kind: 'plan', n: 1 },
    { kind: 'scene', n: 50 },
  ])
  const output = job.output as JobOutput
  const frames = planShots(spec, OPTIONS).frames
  t.equal(frames, 100 * OPTIONS.fps)
  t.match(output, { duration: 100, metadata: { scenes_total: 50, frames } })
  t.equal((await filmOf(output)).frames, frames, 'counted in the file')
  await worker.stop()
})

t.test('300 seconds of scenes of 1 and of 30, under the longest transitions, are rendered', async (t) => {
  // Nine of the longest and thirty of the shortest.
  const durations = [...fill(9, () => 30), ...fill(30, () => 1)]
  const spec = {
    title: 'As long as it gets',
    scenes: durations.map((duration, index) => ({ id: `s${index}`, prompt: `quay ${index}`, duration })),
    transitions: { default: { type: 'dissolve', duration: 5 } },
  } as Storyboard
  await stack.startWorker()
  const { job } = await stack.jobs.accept(await buildUser(pool), { spec, options: OPTIONS })
  const done = await stack.finished(job.id, 400_000)
  t.equal(done.status, 'completed', JSON.stringify(done.error))
  const plan = planShots(spec, OPTIONS)
  // Five seconds between the long ones, half of the shorter one everywhere else.
  t.equal(plan.frames, (300 - 8 * 5 - 30 * 0.5) * OPTIONS.fps)
  t.match(done.output, { metadata: { frames: plan.frames, scenes_total: 39, joins_encoded: 38 } })
  t.equal((await filmOf(done.output as JobOutput)).frames, plan.frames, 'counted in the file')
})

/** The pictures of a stored film. */
async function filmOf(output: JobOutput) {
  const path = join(stack.workDir, `${output.sha256}.mp4`)
  await stack.store.getFile(output.video_key, path, AbortSignal.timeout(60_000), output.sha256)
  const { video } = await probe(await findTools(process.env), path, { countFrames: true })
  return video!
}
