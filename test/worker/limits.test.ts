/** Storyboards at their limits, through the API: the largest one is taken, and one step beyond is refused whole. */
import t from 'tap'
import { planShots } from '../../core/storyboard/plan.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'
import { buildKey } from '../support/builders.ts'
import { until } from '../support/faults.ts'
import { startStack } from '../support/stack.ts'
import { read, type WireError } from '../support/studio.ts'

const MAX_BYTES = 102_400
const OPTIONS = { resolution: '480p', aspect: '1:1', fps: 16, engine: 'preview' } as const

t.setTimeout(120_000)
const stack = await startStack(t)
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

t.test('the largest storyboard is accepted, and cut into its steps', async (t) => {
  const spec = largest()
  t.equal(Buffer.byteLength(JSON.stringify(spec)), MAX_BYTES)
  const { status, body } = await generate(spec)
  t.equal(status, 201)
  await stack.startWorker({ WORKER_ROLES: 'plan' })
  const steps = await until('the plan', async () => {
    const { rows } = await pool.query(
      `select kind, count(*)::int as n from job_steps where job_id = $1 and kind in ('scene', 'assemble') group by 1 order by 1`,
      [body.id],
    )
    return rows.length > 0 && rows
  })
  t.strictSame(steps, [
    { kind: 'assemble', n: 1 },
    { kind: 'scene', n: 50 },
  ])
  t.equal(planShots(spec, OPTIONS).frames, 100 * OPTIONS.fps)
})
