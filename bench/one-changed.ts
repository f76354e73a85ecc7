/**
 * What one changed scene of fifty costs: generations, and the CPU seconds of the worker with everything it starts.
 *
 *   node bench/one-changed.ts [scenes]
 *
 * Scenes of 2 s, 480p, 24 fps, a dissolve of half a second at every join; an engine stub that answers at once. First the clips are
 * made, in a film of hard cuts. Then the film is composed cold (every join and the film are new, no clip is), then with
 * one scene changed, then as it was before. Planning, conforming the new clip and publishing are part of the figures.
 */
import type { JobOutput } from '../core/jobs/types.ts'
import { filmFormat } from '../core/media/format.ts'
import { buildUser } from '../test/support/builders.ts'
import { cpuSecondsOf } from './support/cpu.ts'
import { makeClips, withStubStack } from './support/stub-stack.ts'

const SCENES = Number(process.argv[2] ?? 50)
const OPTIONS = { resolution: '480p', fps: 24, engine: 'comfyui' }

const film = (numbers: readonly number[], dissolved: boolean) => ({
  title: 'One changed',
  scenes: numbers.map((number, index) => ({
    id: `scene-${index + 1}`,
    prompt: `a view, picture ${number}`,
    duration: 2,
  })),
  ...(dissolved && { transitions: { default: { type: 'dissolve', duration: 0.5 } } }),
})

const clips = await makeClips(SCENES + 1, filmFormat('480p', '16:9', 24), 2)
await withStubStack(clips, async ({ fake, jobs, db, finished, startWorker }) => {
  const worker = await startWorker()
  const user = await buildUser(db.pool)
  const render = async (what: string, spec: object): Promise<number> => {
    const [posts, cpu] = [fake.posts.length, await cpuSecondsOf(worker.process.pid!)]
    const startedAt = performance.now()
    const { job } = await jobs.accept(user, { spec, options: OPTIONS })
    const done = await finished(job.id, 900_000)
    if (done.status !== 'completed') throw new Error(JSON.stringify(done.error))
    const spent = (await cpuSecondsOf(worker.process.pid!)) - cpu
    const tookS = (performance.now() - startedAt) / 1_000
    const { frames_encoded } = (done.output as JobOutput).metadata
    console.log(
      `${what.padEnd(34)}${String(fake.posts.length - posts).padStart(4)} generations` +
        `${spent.toFixed(2).padStart(8)} CPU s${tookS.toFixed(1).padStart(7)} s   ${frames_encoded} drawn frames in the film`,
    )
    return spent
  }
  const numbers = Array.from({ length: SCENES }, (_, index) => index + 1)
  const changed = numbers.with(Math.floor(SCENES / 2), SCENES + 1)
  await render('clips made, hard cuts', film(numbers, false))
  const cold = await render('composed cold', film(numbers, true))
  const one = await render('one scene changed', film(changed, true))
  const undone = await render('undone', film(numbers, true))
  console.log(
    `one changed against cold: ${(one / cold).toFixed(2)} (aim 0.5), undone: ${(undone / cold).toFixed(2)}`,
  )
})
