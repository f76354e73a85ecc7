/** The display: pure functions of state, width and time. */
import fc from 'fast-check'
import t from 'tap'
import type { FollowUpdate } from '../../cli/follow.ts'
import { COLOUR, textWidth } from '../../cli/text.ts'
import { etaRangeText, etaText, secondsLeft } from '../../cli/view/eta.ts'
import { rowsTaken, startLive } from '../../cli/view/live.ts'
import { plainLine } from '../../cli/view/plain.ts'
import { renderView } from '../../cli/view/render.ts'
import { newViewState, reduceView, type ViewState } from '../../cli/view/state.ts'
import { completedJob, wireJob } from './support.ts'

const job = (over: Record<string, unknown> = {}): FollowUpdate =>
  ({ kind: 'job', job: wireJob(over) }) as unknown as FollowUpdate
const event = (sequence: number, type: string, payload: Record<string, unknown> = {}): FollowUpdate => ({
  kind: 'event',
  event: { sequence, type, payload },
})
/** Plays updates, one a second. */
const play = (updates: readonly FollowUpdate[], from: ViewState = newViewState('', 0)): ViewState =>
  updates.reduce((state, update, index) => reduceView(state, update, (index + 1) * 1_000), from)

const RUNNING = [
  job(),
  event(2, 'started', { worker: 'w' }),
  event(3, 'progress', {
    phase: 'generating',
    percent: 20,
    scenes_total: 2,
    scenes_completed: 0,
    current_scene: 'left',
    scenes: { left: 0.5 },
  }),
]

t.test('stages, scenes and percentage follow the events', async (t) => {
  const state = play(RUNNING)
  t.match(state, {
    title: 'Two doors',
    stage: 'scenes',
    percent: 20,
    scenesTotal: 2,
    scenesDone: 0,
    currentScene: 'left',
    scenes: [
      { id: 'left', progress: 0.5 },
      { id: 'right', progress: 0 },
    ],
  })
  const next = play(
    [event(4, 'scene_complete', { scene_id: 'left', scenes_completed: 1, scenes_total: 2 })],
    state,
  )
  t.match(next, { scenesDone: 1, scenes: [{ progress: 1 }, { progress: 0 }] })
  t.match(play([event(9, 'completed')], next), { stage: 'completed', percent: 100, scenesDone: 2 })
  t.equal(play([event(9, 'failed')], next).stage, 'failed')
})

t.test('late, repeated and mixed-up news never takes the display back', async (t) => {
  const updates: FollowUpdate[] = [
    ...RUNNING,
    event(4, 'progress', { phase: 'stitching', percent: 85, scenes_completed: 2 }),
    event(1, 'queued'),
    job({ progress: { phase: 'generating', percent: 40, scenes_completed: 1 } }),
    { kind: 'connection', connection: 'reconnecting' },
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...updates), { maxLength: 30 }), (sequence) => {
      let state = newViewState('', 0)
      for (const update of sequence) {
        const next = reduceView(state, update, 1)
        if (next.percent < state.percent || next.scenesDone < state.scenesDone) return false
        state = next
      }
      return state.percent <= 100
    }),
  )
  t.match(play([...updates]), { stage: 'assembling', percent: 85, scenesDone: 2 })
})

t.test('a running render on 80 columns', async (t) => {
  t.strictSame(renderView(play(RUNNING), { width: 80, nowMs: 12_000 }), [
    `Two doors${' '.repeat(67)}0:12`,
    '✓ waiting   ✓ planning   ⠋ scenes 0/2   ◇ assembling',
    `${'━'.repeat(10)}╸${'━'.repeat(42)}  20 %`,
    '▣ □  left',
  ])
})

t.test('ASCII where the terminal knows no more', async (t) => {
  const lines = renderView(play(RUNNING), { width: 60, nowMs: 0, unicode: false })
  for (const line of lines) t.match(line, /^[\x20-\x7e]*$/)
})

t.test('no line is ever wider than the terminal, whatever the title says', async () => {
  const titles = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.constantFrom('映画館の夜'.repeat(20), '🎬'.repeat(30), '\u001b[31mred\u001b]0;owned\u0007', 'a\nb\rc'),
  )
  const scenes = fc.integer({ min: 0, max: 50 })
  fc.assert(
    fc.property(
      titles,
      scenes,
      fc.integer({ min: 16, max: 200 }),
      fc.boolean(),
      (title, count, width, colour) => {
        const ids = Array.from({ length: count }, (_, index) => ({
          id: `scene_${index}_${'x'.repeat(index)}`,
        }))
        const updates = [
          job({ spec_snapshot: { title, scenes: ids } }),
          event(2, 'progress', {
            phase: 'generating',
            percent: 33,
            scenes_total: count,
            current_scene: title,
            scenes: { scene_0_: 0.4 },
          }),
          { kind: 'connection', connection: 'reconnecting' } as const,
        ]
        const lines = renderView(play(updates), {
          width,
          nowMs: 5_000,
          ...(colour ? { palette: COLOUR } : {}),
        })
        return lines.every((line) => {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: only our own colours may be in a line
          const bare = line.replace(/\u001b\[\d+m/g, '')
          // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
          return textWidth(line) <= width && !/[\u0000-\u001f\u007f-\u009f]/.test(bare)
        })
      },
    ),
    { numRuns: 300 },
  )
})

t.test('time left is said only when it can be known', async (t) => {
  const pace = (perSecond: number, seconds: number) =>
    Array.from({ length: seconds }, (_, index) => ({ atMs: index * 1_000, percent: (index + 1) * perSecond }))
  t.equal(secondsLeft([], 0), null, 'nothing known')
  t.equal(secondsLeft(pace(4, 2), 1_000), null, 'too early')
  t.equal(Math.round(secondsLeft(pace(4, 10), 9_000) ?? 0), 15, '4 % a second, 60 % left')
  t.equal(Math.round(secondsLeft(pace(4, 10), 12_000) ?? 0), 12, 'it counts down between news')
  t.equal(secondsLeft(pace(4, 10), 30_000), null, 'nothing has moved for long')
  t.equal(secondsLeft(pace(9.8, 10), 9_000), null, 'near the end')
  t.equal(
    secondsLeft(
      [
        { atMs: 0, percent: 50 },
        { atMs: 10_000, percent: 50.5 },
      ],
      10_000,
    ),
    null,
    'too slow to tell',
  )
  t.equal(etaText(4), 'a few seconds left')
  t.equal(etaText(33), 'about 35 s left')
  t.equal(etaText(200), 'about 3 min left')
})

t.test('a measured time left is a range, and grows shorter between news', async (t) => {
  t.equal(etaRangeText([100, 200]), '1 to 4 min left')
  t.equal(etaRangeText([12, 33]), '10 to 35 s left')
  t.equal(etaRangeText([12, 33], 10), 'less than 25 s left')
  t.equal(etaRangeText([3, 8]), 'a few seconds left')
  t.equal(etaRangeText([180, 180]), 'about 3 min left')
  const told = play(
    [event(4, 'progress', { percent: 30, eta_seconds: 20, eta_range: [12, 33] })],
    play(RUNNING),
  )
  t.match(renderView(told, { width: 100, nowMs: 1_000 })[2], /10 to 35 s left$/)
  t.match(renderView(told, { width: 100, nowMs: 11_000 })[2], /less than 25 s left$/)
  t.equal(play([event(5, 'progress', { percent: 31 })], told).left, null, 'not known any more')
})

t.test('the estimate is shown, and not while the connection is lost', async (t) => {
  let state = play(RUNNING)
  for (let second = 4; second < 14; second += 1) {
    state = reduceView(state, event(second, 'progress', { percent: 20 + second * 3 }), second * 1_000)
  }
  t.match(renderView(state, { width: 100, nowMs: 13_000 })[2], /left$/)
  const lost = reduceView(state, { kind: 'connection', connection: 'reconnecting' }, 13_000)
  const lines = renderView(lost, { width: 100, nowMs: 13_000 })
  t.notMatch(lines[2], /left/)
  t.match(lines.at(-1), /connection lost, trying again; the render goes on/)
})

t.test('without a terminal: one line for each step, none twice', async (t) => {
  const updates: FollowUpdate[] = [
    ...RUNNING,
    event(4, 'progress', { percent: 21 }),
    event(5, 'scene_complete', { scene_id: 'left', scenes_completed: 1, scenes_total: 2 }),
    event(5, 'scene_complete', { scene_id: 'left', scenes_completed: 1, scenes_total: 2 }),
    event(6, 'progress', { percent: 48 }),
    { kind: 'connection', connection: 'reconnecting' },
    { kind: 'connection', connection: 'live' },
    event(7, 'progress', { phase: 'stitching', percent: 80 }),
    { kind: 'job', job: completedJob('') } as unknown as FollowUpdate,
  ]
  const lines: string[] = []
  let state = newViewState('', 0)
  updates.forEach((update, index) => {
    const next = reduceView(state, update, index * 1_000)
    const line = plainLine(state, next, index * 1_000)
    if (line) lines.push(line)
    state = next
  })
  t.strictSame(lines, [
    '[0:01] planning, 0 %',
    '[0:02] scenes (2), 20 %',
    '[0:04] scenes 1/2, left is ready, 21 %',
    '[0:06] scenes, 48 %',
    '[0:07] connection lost, trying again; the render goes on',
    '[0:08] connected again',
    '[0:09] assembling, 80 %',
  ])
})

t.test(
  'the display is drawn in place, above it lines pass, and a narrower terminal is counted right',
  async (t) => {
    t.equal(rowsTaken([80, 20, 0], 80), 3)
    t.equal(rowsTaken([80, 20, 0], 30), 5)
    let written = ''
    const screen = {
      columns: 40,
      write: (text: string) => {
        written += text
        return true
      },
      on: () => screen,
      off: () => screen,
    }
    const live = startLive(screen as unknown as NodeJS.WriteStream, (width) => ['one', `width ${width}`])
    t.equal(written, '\u001b[?25lone\nwidth 39\n')
    written = ''
    live.above('news')
    t.equal(written, '\u001b[2A\r\u001b[Jnews\none\nwidth 39\n')
    written = ''
    screen.columns = 5
    live.stop(false)
    t.equal(written, '\u001b[3A\r\u001b[J\u001b[?25h', 'two lines take three rows now')
  },
)
