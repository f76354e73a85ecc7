/** Which scene goes next and where: the rules one by one, then whole queues played through by the clock of a simulation. */
import fc from 'fast-check'
import t from 'tap'
import {
  choosePlacement,
  type Fit,
  MOST_OVERTAKEN,
  type PoolHost,
  type WaitingScene,
} from '../../core/engines/placement.ts'

const scene = (id: string, over: Partial<WaitingScene> = {}): WaitingScene => ({
  id,
  models: 'a',
  host: null,
  failedOn: [],
  vramAbove: null,
  ...over,
})
const host = (key: string, over: Partial<PoolHost> = {}): PoolHost => ({
  key,
  room: 1,
  busy: 0,
  queued: 0,
  answers: true,
  usable: true,
  loaded: null,
  vramTotalBytes: 24e9,
  ...over,
})
const always = (): Fit => 'fits'
type FitOf = (scene: WaitingScene, host: PoolHost) => Fit
const choose = (waiting: WaitingScene[], hosts: PoolHost[], fitOf: FitOf = always, overtaken = 0) =>
  choosePlacement(waiting, hosts, fitOf, overtaken)

t.test('a server takes the scene whose models it has, though another waits longer', async (t) => {
  const waiting = [scene('1', { models: 'b' }), scene('2', { models: 'a' })]
  t.strictSame(choose(waiting, [host('x', { loaded: 'a' })]), { scene: '2', host: 'x' })
})

t.test('a scene that was overtaken often enough goes first', async (t) => {
  const waiting = [scene('1', { models: 'b' }), scene('2', { models: 'a' })]
  const hosts = [host('x', { loaded: 'a' })]
  t.match(choose(waiting, hosts, always, MOST_OVERTAKEN - 1), { scene: '2' })
  t.match(choose(waiting, hosts, always, MOST_OVERTAKEN), { scene: '1' })
})

t.test('a free server does not wait for its own models when others are asked for', async (t) => {
  t.strictSame(choose([scene('1', { models: 'b' })], [host('x', { loaded: 'a' })]), { scene: '1', host: 'x' })
})

t.test('a server that changes models takes those that no other has', async (t) => {
  const waiting = [scene('1', { models: 'a' }), scene('2', { models: 'b' })]
  const hosts = [host('x', { loaded: 'a', room: 0 }), host('y')]
  t.strictSame(choose(waiting, hosts), { scene: '2', host: 'y' })
})

t.test('an empty server is taken before one whose models would have to go', async (t) => {
  const hosts = [host('x', { loaded: 'b' }), host('y')]
  t.match(choose([scene('1')], hosts), { host: 'y' })
})

t.test('among equals the one with less to do, and with enough memory before that', async (t) => {
  t.match(choose([scene('1')], [host('x', { busy: 1 }), host('y')]), { host: 'y' })
  t.match(choose([scene('1')], [host('x', { queued: 2 }), host('y')]), { host: 'y' })
  const cramped = (_: WaitingScene, { key }: PoolHost): Fit => (key === 'y' ? 'cramped' : 'fits')
  t.match(choose([scene('1')], [host('x', { busy: 1 }), host('y')], cramped), { host: 'x' })
  t.match(choose([scene('1')], [host('y')], cramped), { host: 'y' }, 'better than none')
})

t.test('nothing goes to a server that is full, drained, down or at rest', async (t) => {
  t.equal(choose([scene('1')], [host('x', { room: 0 }), host('y', { usable: false })]), null)
  t.equal(choose([], [host('x')]), null)
})

t.test('an earlier submission is taken up where it is, whatever the room there', async (t) => {
  const waiting = [scene('1'), scene('2', { host: 'x' })]
  const hosts = [host('x', { room: 0 }), host('y')]
  t.strictSame(choose(waiting, hosts), { scene: '2', host: 'x' })
  t.strictSame(
    choose([scene('2', { host: 'x' })], [host('x', { answers: false }), host('y')]),
    { scene: '2', host: 'y' },
    'not where nobody answers',
  )
})

t.test('a scene goes elsewhere after a failure, and back when there is nowhere else', async (t) => {
  const failed = scene('1', { failedOn: ['x'], models: 'a' })
  t.match(choose([failed], [host('x', { loaded: 'a' }), host('y')]), { host: 'y' })
  t.equal(choose([failed], [host('x'), host('y', { room: 0 })]), null, 'it waits for the other')
  t.match(choose([failed], [host('x'), host('y', { usable: false })]), { host: 'x' })
  t.match(choose([failed], [host('x')]), { host: 'x' })
})

t.test('what ran out of memory goes to a larger card only', async (t) => {
  const large = scene('1', { vramAbove: 24e9, failedOn: ['x'] })
  const hosts = [host('x'), host('y'), host('z', { vramTotalBytes: 48e9, room: 0 })]
  t.equal(choose([large], hosts), null, 'it waits for the larger one')
  t.match(choose([large], [host('x'), host('z', { vramTotalBytes: 48e9 })]), { host: 'z' })
})

t.test('what no server can run is taken without one, so that somebody says why', async (t) => {
  t.strictSame(
    choose([scene('1')], [host('x', { usable: false })], () => 'lacks'),
    { scene: '1', host: null },
  )
})

type Played = { swaps: number; order: string[]; overtakenMost: number }

/** Plays a queue through: each free server takes what `pick` says; a scene takes as long as its model does. */
function play(
  scenes: readonly { id: string; models: string }[],
  hostCount: number,
  lasts: (models: string, n: number) => number,
  pick: (
    waiting: WaitingScene[],
    hosts: PoolHost[],
    overtaken: number,
  ) => { scene: string; host: string | null } | null,
): Played {
  const waiting = scenes.map(({ id, models }) => scene(id, { models }))
  const rank = new Map(scenes.map(({ id }, n) => [id, n]))
  const hosts = Array.from({ length: hostCount }, (_, n) => host(`h${n}`))
  const ends = new Map<string, number>()
  const taken: string[] = []
  let now = 0
  let swaps = 0
  let overtakenMost = 0
  while (waiting.length > 0) {
    const head = rank.get(waiting[0]!.id)!
    const overtaken = taken.filter((id) => rank.get(id)! > head).length
    overtakenMost = Math.max(overtakenMost, overtaken)
    const choice = pick(waiting, hosts, overtaken)
    if (choice) {
      const at = hosts.find(({ key }) => key === choice.host)!
      const [one] = waiting.splice(
        waiting.findIndex(({ id }) => id === choice.scene),
        1,
      )
      if (at.loaded !== one!.models) swaps += 1
      Object.assign(at, { loaded: one!.models, room: 0, busy: 1 })
      ends.set(at.key, now + lasts(one!.models, taken.length))
      taken.push(one!.id)
      continue
    }
    const [key, end] = [...ends].sort((a, b) => a[1] - b[1])[0]!
    now = end
    ends.delete(key)
    Object.assign(hosts.find((one) => one.key === key)!, { room: 1, busy: 0 })
  }
  return { swaps, order: taken, overtakenMost }
}

const byAffinity = (waiting: WaitingScene[], hosts: PoolHost[], overtaken: number) =>
  choosePlacement(waiting, hosts, always, overtaken)
/** First in, first out: the next scene to whichever server is free. */
const fifo = (waiting: WaitingScene[], hosts: PoolHost[]) => {
  const free = hosts.find(({ room }) => room > 0)
  return free ? { scene: waiting[0]!.id, host: free.key } : null
}

t.test('40 scenes of two models in turn over two servers change models rarely', async (t) => {
  const scenes = Array.from({ length: 40 }, (_, n) => ({ id: `s${n}`, models: n % 2 === 0 ? 'a' : 'b' }))
  const lasts = (models: string, n: number): number => (models === 'a' ? 10 : 17) + ((n * 7) % 5)
  const ours = play(scenes, 2, lasts, byAffinity)
  const theirs = play(scenes, 2, lasts, fifo)
  t.ok(ours.swaps <= 0.3 * theirs.swaps, `${ours.swaps} instead of ${theirs.swaps}`)
  t.equal(new Set(ours.order).size, 40)
})

t.test(
  'whatever waits, every scene is taken once, none is overtaken without end, none is idle beside free servers',
  async (t) => {
    const queue = fc.record({
      models: fc.array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 60 }),
      hosts: fc.integer({ min: 1, max: 4 }),
      slow: fc.integer({ min: 1, max: 20 }),
    })
    fc.assert(
      fc.property(queue, ({ models, hosts, slow }) => {
        const scenes = models.map((name, n) => ({ id: `s${n}`, models: name }))
        const lasts = (name: string, n: number): number => (name === 'a' ? slow : 5) + (n % 3)
        const { order, overtakenMost } = play(scenes, hosts, lasts, byAffinity)
        return new Set(order).size === scenes.length && overtakenMost <= MOST_OVERTAKEN + hosts
      }),
    )
    t.pass('holds')
  },
)
