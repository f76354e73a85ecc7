/**
 * What three engines bring over one, when engines are what takes time.
 *
 *   node bench/pool.ts [scenes] [milliseconds a scene]
 *
 * The same job is rendered by three workers over one ComfyUI stub, then by three workers over three, each stub working for
 * a fixed time on a scene, one after the other. Told is the time from the first scene claimed to the last one done, by the
 * database's clock, and their ratio; a third would be perfect. Workers, stubs, PostgreSQL and store are processes of
 * their own. Conforming the clips (ffmpeg) takes CPU beside it: on few cores the time a scene has to be long enough for
 * engines to be the bound.
 */
import { buildUser } from '../test/support/builders.ts'
import { SMALL, storyboard, withInstallation } from './support/installation.ts'

const SCENES = Math.min(50, Number(process.argv[2] ?? 50))
const SCENE_MS = Number(process.argv[3] ?? 3_000)
const WORKERS = 3

async function render(engines: number): Promise<number> {
  let seconds = Number.NaN
  await withInstallation(
    async (installation) => {
      const { db, jobs } = installation
      for (let n = 0; n < WORKERS; n += 1) await installation.startWorker()
      const user = await buildUser(db.pool)
      const { job } = await jobs.accept(user, { spec: storyboard(`pool ${engines}`, SCENES), options: SMALL })
      const done = await installation.finished(job.id, 1_800_000)
      if (done.status !== 'completed') throw new Error(JSON.stringify(done.error))
      const { rows } = await db.pool.query<{ seconds: number }>(
        `select extract(epoch from max(finished_at) - min(started_at))::float as seconds
         from job_steps where job_id = $1 and kind = 'scene'`,
        [job.id],
      )
      seconds = rows[0]!.seconds
    },
    { WORKER_CONCURRENCY: '2' },
    { count: engines, sceneMs: SCENE_MS },
  )
  console.log(`${engines} ${engines === 1 ? 'engine' : 'engines'}: ${seconds.toFixed(1)} s`)
  return seconds
}

console.log(`${SCENES} scenes of 1 s at 480p, ${SCENE_MS} ms each on an engine, ${WORKERS} workers\n`)
const one = await render(1)
const three = await render(3)
console.log(`\nratio ${(three / one).toFixed(2)}; aim: at most 0.45`)
