/** What a plan says of speech, transitions, sound and film, held against what the render then does. */
import t from 'tap'
import { buildUser } from '../support/builders.ts'
import { startStack } from '../support/stack.ts'

t.setTimeout(240_000)
const stack = await startStack(t)
const { pool } = stack.db
await stack.startWorker()
const user = await buildUser(pool)
const OPTIONS = { resolution: '480p', aspect: '1:1', fps: 16 } as const

type Over = { lines?: string[]; prompts?: string[]; fadeIn?: number }
const board = ({
  lines = ['Who is there?', 'Only me.'],
  prompts = ['a pier', 'a lamp'],
  fadeIn = 0,
}: Over = {}) => ({
  title: 'Stages',
  symbols: { keeper: { prompt: 'an old keeper', voice: { asset_id: 'asset_sfx_pop' } } },
  global_audio: { music: { asset_id: 'asset_music_peaceful', fade_in: fadeIn } },
  scenes: prompts.map((prompt, index) => ({
    id: `s${index}`,
    prompt,
    duration: 1,
    audio: { dialogue: [{ speaker: 'keeper', text: lines[index]! }] },
  })),
  transitions: { default: { type: 'dissolve', duration: 0.5 } },
})

/** Stage -> made, reused. */
type Counts = Record<string, [made: number, reused: number]>

async function planned(spec: object, options: object = OPTIONS): Promise<Counts> {
  const { stages } = await stack.jobs.plan(user, { spec, options })
  for (const { stage, credits } of stages) if (stage !== 'clip') t.equal(credits, 0)
  for (const { render, seconds } of stages)
    t.equal(seconds > 0, render > 0, 'time for what is made, and only for that')
  return Object.fromEntries(stages.map(({ stage, render, reuse }) => [stage, [render, reuse]]))
}

/** What the steps of a finished render say that they did. */
async function done(spec: object, options: object = OPTIONS): Promise<Counts> {
  const { job } = await stack.jobs.accept(user, { spec, options })
  const end = await stack.finished(job.id)
  t.equal(end.status, 'completed', JSON.stringify(end.error))
  const { rows } = await pool.query<{ kind: string; made: number; reused: number }>(
    `select case kind when 'scene' then 'clip' when 'assemble' then 'film' else kind end as kind,
       count(*) filter (where not coalesce((result ->> 'reused')::boolean, (result -> 'drawn' -> 0 ->> 'reused')::boolean))::int as made,
       count(*) filter (where coalesce((result ->> 'reused')::boolean, (result -> 'drawn' -> 0 ->> 'reused')::boolean))::int as reused
     from job_steps where job_id = $1 and kind <> 'plan' group by 1`,
    [job.id],
  )
  return Object.fromEntries(rows.map(({ kind, made, reused }) => [kind, [made, reused]]))
}

const CASES: [what: string, spec: object, expected: Counts, options?: object][] = [
  [
    'the first time everything is made',
    board(),
    { clip: [2, 0], voice: [2, 0], join: [1, 0], sound: [1, 0], film: [1, 0] },
  ],
  [
    'unchanged nothing is',
    board(),
    { clip: [0, 2], voice: [0, 2], join: [0, 1], sound: [0, 1], film: [0, 1] },
  ],
  [
    'a line is said otherwise',
    board({ lines: ['Who is there?', 'Nobody.'] }),
    { clip: [0, 2], voice: [1, 1], join: [0, 1], sound: [1, 0], film: [1, 0] },
  ],
  [
    'the music comes in otherwise',
    board({ fadeIn: 0.5 }),
    { clip: [0, 2], voice: [0, 2], join: [0, 1], sound: [1, 0], film: [1, 0] },
  ],
  [
    'another picture',
    board({ prompts: ['a pier', 'a boat'] }),
    { clip: [1, 1], voice: [0, 2], join: [1, 0], sound: [0, 1], film: [1, 0] },
  ],
  ['taken back', board(), { clip: [0, 2], voice: [0, 2], join: [0, 1], sound: [0, 1], film: [0, 1] }],
  [
    'made again on purpose',
    board(),
    { clip: [2, 0], voice: [0, 2], join: [1, 0], sound: [1, 0], film: [1, 0] },
    { ...OPTIONS, cache: 'bypass' },
  ],
]

for (const [what, spec, expected, options] of CASES)
  t.test(what, async (t) => {
    t.strictSame(await planned(spec, options), expected, 'as planned')
    const found = await done(spec, options)
    for (const [stage, counts] of Object.entries(expected))
      t.strictSame(found[stage], counts, `as done: ${stage}`)
  })

t.test('a film without lines, joins and music has one stage besides its clips', async (t) => {
  const spec = { title: 'Silent', scenes: [{ id: 'one', prompt: 'a stone', duration: 1 }] }
  t.strictSame(await planned(spec), {
    clip: [1, 0],
    voice: [0, 0],
    join: [0, 0],
    sound: [0, 0],
    film: [1, 0],
  })
})
