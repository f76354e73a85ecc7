import fc from 'fast-check'
import t from 'tap'
import { slateSpan, withCaptions } from '../../core/storyboard/burn-in.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { concatScript } from '../../worker/compose/concat-list.ts'
import { cutList, type Piece } from '../../worker/compose/cut-list.ts'
import { ComposeError } from '../../worker/compose/errors.ts'
import { buildPlan, FORMAT, type JoinSpec, type ShotSpec } from './fixtures.ts'

const segment = (frames: number, keyFrames = [0]) => ({ frames, keyFrames })
const brief = (pieces: Piece[]): string[] =>
  pieces.map((piece) => {
    if (piece.kind === 'copy') return `copy ${piece.range.sceneId}[${piece.range.from},${piece.range.to})`
    const sides = [piece.outgoing, piece.incoming].map((s) => (s ? `${s.sceneId}[${s.from},${s.to})` : '-'))
    return piece.join ? `${piece.join.type} ${sides.join(' ')}` : `plain ${sides[0]}`
  })

t.test('cuts copy whole segments', async (t) => {
  const plan = buildPlan([
    { scene: 'a', frames: 48 },
    { scene: 'b', frames: 24 },
  ])
  const list = cutList(
    plan,
    new Map([
      ['a', segment(48)],
      ['b', segment(24)],
    ]),
  ) // prettier-ignore
  t.same(brief(list.pieces), ['copy a[0,48)', 'copy b[0,24)'])
  t.match(list, { frames: 72, framesCopied: 72, framesRendered: 0 })
})

t.test('a join takes the tail of one and the head of the other', async (t) => {
  const shots = [
    { scene: 'a', frames: 48 },
    { scene: 'b', frames: 48 },
  ]
  const plan = buildPlan(shots, [{ after: 0, frames: 12 }])
  const list = cutList(
    plan,
    new Map([
      ['a', segment(48, [0, 12, 36])],
      ['b', segment(48, [0, 12, 36])],
    ]),
  )
  t.same(brief(list.pieces), ['copy a[0,36)', 'dissolve a[36,48) b[0,12)', 'copy b[12,48)'])
  t.equal(list.frames, 84)
})

t.test('where a key frame is missing, the frames up to the next one are drawn', async (t) => {
  const plan = buildPlan([{ scene: 'a', frames: 30, inFrame: 10 }])
  t.same(brief(cutList(plan, new Map([['a', segment(48, [0, 12, 36])]])).pieces), [
    'plain a[10,12)',
    'copy a[12,36)',
    'plain a[36,40)',
  ])
  t.same(brief(cutList(plan, new Map([['a', segment(48)]])).pieces), ['plain a[10,40)'])
})

t.test('frames under a caption are drawn from key frame to key frame, the others are copied', async (t) => {
  const plan = withCaptions(buildPlan([{ scene: 'a', frames: 96 }]), [
    { startMs: (30 / FORMAT.fps) * 1_000, endMs: (40 / FORMAT.fps) * 1_000, lines: ['Hello'] },
  ])
  t.same(brief(cutList(plan, new Map([['a', segment(96, [0, 24, 48, 72])]])).pieces), [
    'copy a[0,24)',
    'plain a[24,48)',
    'copy a[48,96)',
  ])
  t.same(brief(cutList(plan, new Map([['a', segment(96)]])).pieces), ['plain a[0,96)'])
})

t.test('from and to black lie over the first and last shot', async (t) => {
  const plan = buildPlan(
    [{ scene: 'a', frames: 48 }],
    [
      { after: -1, frames: 12, type: 'fade' },
      { after: 0, frames: 12, type: 'fade' },
    ],
  )
  const list = cutList(plan, new Map([['a', segment(48, [0, 12, 36])]]))
  t.same(brief(list.pieces), ['fade - a[0,12)', 'copy a[12,36)', 'fade a[36,48) -'])
  t.equal(list.frames, 48)
})

t.test('a treated shot is drawn whole, one treated by nothing is copied', async (t) => {
  const segments = new Map([['a', segment(24)]])
  const treated = buildPlan([{ scene: 'a', frames: 24, treatment: { desaturate: 0.5 } }])
  t.same(brief(cutList(treated, segments).pieces), ['plain a[0,24)'])
  const untouched = buildPlan([{ scene: 'a', frames: 24, treatment: { desaturate: 0, vignette: false } }])
  t.same(brief(cutList(untouched, segments).pieces), ['copy a[0,24)'])
})

t.test('plans and segments that do not fit are refused', async (t) => {
  const one = buildPlan([{ scene: 'a', frames: 24 }])
  const twice = buildPlan(
    [{ scene: 'a', frames: 24 }],
    [
      { after: -1, frames: 20 },
      { after: 0, frames: 20 },
    ],
  )
  t.throws(() => cutList(one, new Map()), ComposeError)
  t.throws(() => cutList(one, new Map([['a', segment(23)]])), ComposeError)
  t.throws(() => cutList(twice, new Map([['a', segment(24)]])), ComposeError)
  t.throws(() => cutList({ ...one, frames: 25 }, new Map([['a', segment(24)]])), ComposeError)
})

/** Plans whose joins take at most half of the shorter neighbour, as planning makes them, over segments with random key frames. */
const anyFilm = fc
  .array(
    fc.record({
      scene: fc.constantFrom('a', 'b', 'c'),
      from: fc.double({ min: 0, max: 0.9, noNaN: true }),
      part: fc.double({ min: 0.01, max: 1, noNaN: true }),
      join: fc.nat(40),
      treated: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .chain((raw) =>
    fc.record({
      raw: fc.constant(raw),
      first: fc.nat(20),
      burnIn: fc.constantFrom(
        undefined,
        { slate: { take: 1 }, timecode: false },
        { slate: null, timecode: true },
      ),
      keys: fc.array(fc.array(fc.nat(149), { maxLength: 12 }), { minLength: 3, maxLength: 3 }),
      frames: fc.array(fc.integer({ min: 20, max: 150 }), { minLength: 3, maxLength: 3 }),
    }),
  )
  .map(({ raw, first, burnIn, keys, frames }) => {
    const segments = new Map(
      ['a', 'b', 'c'].map((id, i) => {
        const kept = keys[i]!.filter((key) => key < frames[i]!)
        return [
          id,
          { frames: frames[i]!, keyFrames: [...new Set([0, ...kept])].sort((x, y) => x - y) },
        ] as const
      }),
    )
    const shots = raw.map(({ scene, from, part, treated }): ShotSpec => {
      const whole = segments.get(scene)!.frames
      const inFrame = Math.floor(from * whole)
      const length = Math.max(1, Math.floor(part * (whole - inFrame)))
      return { scene, inFrame, frames: length, ...(treated ? { treatment: { blur: 0.2 } } : {}) }
    })
    const half = (index: number): number => Math.floor((shots[index]?.frames ?? Number.POSITIVE_INFINITY) / 2)
    const joins: JoinSpec[] = raw.map(({ join }, after) => ({
      after,
      frames: Math.min(join, half(after), half(after + 1)),
    }))
    joins.push({ after: -1, frames: Math.min(first, half(0)) })
    return {
      plan: {
        ...buildPlan(
          shots,
          joins.filter((join) => join.frames > 0),
        ),
        ...(burnIn && { burnIn }),
      } satisfies ShotPlan,
      segments,
    }
  })

t.test('property: the pieces show exactly the frames of the plan, in order', async (t) => {
  fc.assert(
    fc.property(anyFilm, ({ plan, segments }) => {
      const { pieces, frames, framesCopied, framesRendered } = cutList(plan, segments)
      const slates = plan.shots.map((_, index) => slateSpan(plan, index))
      let at = 0
      const shown: Set<string>[] = []
      for (const piece of pieces) {
        if (piece.startFrame !== at || piece.frames < 1) throw new Error('gap or overlap')
        at += piece.frames
        const sides =
          piece.kind === 'copy' ? [piece.range] : [piece.outgoing, piece.incoming].filter((s) => s !== null)
        for (const side of sides)
          if (side.to - side.from !== piece.frames) throw new Error('a side of another length')
        if (piece.kind === 'copy') {
          const { keyFrames, frames: whole } = segments.get(piece.range.sceneId)!
          const { from, to } = piece.range
          if (!keyFrames.includes(from)) throw new Error('a copy begins beside a key frame')
          if (to !== whole && !keyFrames.includes(to)) throw new Error('a copy ends beside a key frame')
          if (plan.burnIn?.timecode) throw new Error('a copy where a time code is wanted')
          if (plan.burnIn?.slate && slates.some((slate) => slate.from < at && slate.to > piece.startFrame))
            throw new Error('a copy under a slate')
        }
        for (let i = 0; i < piece.frames; i += 1)
          shown.push(new Set(sides.map((s) => `${s.sceneId}${s.from + i}`)))
      }
      if (at !== plan.frames || frames !== at || framesCopied + framesRendered !== at)
        throw new Error('wrong length')
      // Told from the shots alone: which scene frames are seen at each film frame.
      const wanted = Array.from({ length: plan.frames }, () => new Set<string>())
      for (const shot of plan.shots) {
        for (let i = 0; i < shot.frames; i += 1)
          wanted[shot.startFrame + i]!.add(`${shot.sceneId}${shot.inFrame + i}`)
      }
      shown.forEach((set, frame) => {
        const same = set.size === wanted[frame]!.size && [...set].every((one) => wanted[frame]!.has(one))
        if (!same) throw new Error(`frame ${frame} shows something else`)
      })
    }),
    { numRuns: 1_000 },
  )
  t.pass('1,000 random films')
})

t.test('the list quotes paths and keeps clear of neighbouring packets', async (t) => {
  const script = concatScript(
    [
      { path: "/tmp/it's/a.mp4", from: 12, to: 36, fileFrames: 48 },
      { path: '/tmp/b.mp4', from: 0, to: 24, fileFrames: 24 },
    ],
    FORMAT,
  )
  t.same(script.trim().split('\n'), [
    'ffconcat version 1.0',
    "file '/tmp/it'\\''s/a.mp4'",
    'inpoint 0.504167',
    'outpoint 1.395833',
    'duration 1.000000',
    "file '/tmp/b.mp4'",
    'duration 1.000000',
  ])
  t.throws(
    () => concatScript([{ path: '/tmp/a\nfile /etc/passwd', from: 0, to: 1, fileFrames: 1 }], FORMAT),
    TypeError,
  )
})
