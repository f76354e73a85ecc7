/**
 * Peak memory of server and worker for a short and a long job: it must not grow with the number of scenes.
 *
 *   node bench/memory.ts [scenes of the short job] [of the long job] [rounds]
 *
 * Every job has a fresh server and a fresh worker; the figure is VmHWM of each process when the job is done, with one
 * WebSocket client following. Programs that the worker starts (ffmpeg) are not in it. 480p, 1 s a scene.
 */
import { once } from 'node:events'
import WebSocket from 'ws'
import { createApiKey } from '../core/accounts/keys.ts'
import { buildUser } from '../test/support/builders.ts'
import { peakBytes, SMALL, storyboard, withInstallation } from './support/installation.ts'

const SIZES = [Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 50)]
const ROUNDS = Number(process.argv[4] ?? 3)
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`.padStart(8)

await withInstallation(async ({ db, jobs, startServer, startWorker, finished }) => {
  console.log('scenes  server    worker')
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const scenes of SIZES) {
      const user = await buildUser(db.pool)
      const { rawKey } = await createApiKey(db.pool, { userId: user.userId, name: 'bench', scopes: ['*'] })
      const [server, worker] = await Promise.all([startServer(), startWorker()])
      const spec = storyboard(`memory ${round}`, scenes)
      const { job } = await jobs.accept(user, { spec, options: SMALL })
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/ws`, ['framecast.v1'], {
        headers: { authorization: `Bearer ${rawKey}` },
      })
      await once(socket, 'open')
      socket.on('message', () => {})
      socket.send(JSON.stringify({ type: 'subscribe', id: '1', channel: `job:${job.id}` }))
      const done = await finished(job.id, 900_000)
      if (done.status !== 'completed') throw new Error(JSON.stringify(done.error))
      const [ofServer, ofWorker] = await Promise.all([
        peakBytes(server.part.process.pid!),
        peakBytes(worker.process.pid!),
      ])
      console.log(`${String(scenes).padStart(6)}${mib(ofServer)}  ${mib(ofWorker)}`)
      socket.terminate()
      await Promise.all([worker.stop(), server.part.stop()])
    }
  }
})
