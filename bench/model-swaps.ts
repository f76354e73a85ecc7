/**
 * How often servers change models: 40 scenes of two models in turn over two servers.
 *
 *   node bench/model-swaps.ts [seeds]
 *
 * Claims are the real ones (core/engines/places.ts, PostgreSQL); what a scene takes is drawn from a seed and passes on a
 * clock of the bench, so that no time is spent on it: 20 to 40 s, the second model half as much again. The yardstick is
 * first in, first out with the same draws: the next scene to the server that is free first. Counted is every scene that
 * finds other weights than its own, the first of a server too.
 */
import { registerHosts, storeProbe } from '../core/engines/hosts.ts'
import { releasePlace, takePlace } from '../core/engines/places.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../core/workflows/load.ts'
import { buildJob, buildUser } from '../test/support/builders.ts'
import { createDatabase, prepareTemplate, startPostgres } from '../test/support/postgres.ts'

const SEEDS = Number(process.argv[2] ?? 5)
const SCENES = 40
const MODELS = ['core-wan22-5b-t2v', 'core-z-image-still'] as const
const HOSTS = ['a', 'b'] as const

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Seconds that each scene takes, in the order of the storyboard. */
const drawn = (seed: number): number[] => {
  const random = randomOf(seed)
  return Array.from({ length: SCENES }, (_, n) => (20 + 20 * random()) * (n % 2 === 0 ? 1 : 1.5))
}

function firstInFirstOut(lasts: readonly number[]): number {
  const hosts = HOSTS.map(() => ({ freeAt: 0, loaded: -1 }))
  let swaps = 0
  for (const [n, seconds] of lasts.entries()) {
    const host = hosts.reduce((a, b) => (b.freeAt < a.freeAt ? b : a))
    if (host.loaded !== n % 2) swaps += 1
    host.loaded = n % 2
    host.freeAt += seconds
  }
  return swaps
}

const cleanUp: (() => unknown)[] = []
const postgres = await startPostgres({ durable: false })
try {
  await prepareTemplate(postgres.url)
  const scope = { teardown: (end: () => unknown) => cleanUp.unshift(end) }
  const { pool } = await createDatabase(scope, postgres.url, { broken: true })
  const workflows = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])
  let total = { ours: 0, fifo: 0 }
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const engine = `swaps-${seed}`
    await registerHosts(
      pool,
      engine,
      HOSTS.map((key) => ({ key, label: key, slug: `${engine}-${key}`, places: 1 })),
    )
    for (const key of HOSTS)
      await storeProbe(pool, engine, key, {
        ok: true,
        latencyMs: 1,
        version: '0.33.0',
        queueRunning: 0,
        queuePending: 0,
        vramTotalBytes: 24e9,
        vramFreeBytes: 20e9,
        ramTotalBytes: 64e9,
      })
    const lasts = drawn(seed)
    const steps = lasts.map((_, n) => ({
      kind: 'scene' as const,
      key: `s${n}`,
      task: 'scene.comfyui',
      engine,
      input: { workflow: MODELS[n % 2]! },
    }))
    await buildJob(pool, await buildUser(pool), { steps })
    const running: { endsAt: number; step: NonNullable<Awaited<ReturnType<typeof takePlace>>> }[] = []
    const loaded = new Map<string, number>()
    let now = 0
    let swaps = 0
    for (;;) {
      const step = await takePlace(pool, { engine, keys: HOSTS, worker: 'bench', workflows })
      if (step) {
        const n = Number(step.key.slice(1))
        if (loaded.get(step.host!) !== n % 2) swaps += 1
        loaded.set(step.host!, n % 2)
        running.push({ endsAt: now + lasts[n]!, step })
        continue
      }
      const next = running.sort((a, b) => a.endsAt - b.endsAt).shift()
      if (!next) break
      now = next.endsAt
      await releasePlace(pool, next.step)
    }
    const fifo = firstInFirstOut(lasts)
    console.log(`seed ${seed}: ${swaps} model loads, first in first out ${fifo}`)
    total = { ours: total.ours + swaps, fifo: total.fifo + fifo }
  }
  const percent = ((100 * total.ours) / total.fifo).toFixed(0)
  console.log(`\n${total.ours} of ${total.fifo}: ${percent} %; aim: at most 30 %`)
} finally {
  for (const end of cleanUp) await end()
  await postgres.close()
}
