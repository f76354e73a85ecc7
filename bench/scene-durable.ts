/**
 * What a scene costs in a running worker beside a bare call to ComfyUI, with every step of it durable in PostgreSQL.
 *
 *   node bench/scene-durable.ts [scenes]
 *
 * Worker, PostgreSQL (fsync on), object store and a ComfyUI stub that answers at once are processes of their own. One
 * job of `scenes` scenes is rendered, one scene after the other. A scene's whole time is from the end of the scene
 * before it to its own end, by the database's clock: bell, claim, cache look-up, engine, conforming, poster, storing,
 * commit. The bare call is what a script would do: open socket, POST /prompt, wait for the message, GET /history and
 * /view. Media work (conforming and the poster: ffmpeg) and putting the objects are told apart by the worker's log.
 */
import { once } from 'node:events'
import WebSocket from 'ws'
import { buildUser } from '../test/support/builders.ts'
import { line, ms, percentile } from './support/figures.ts'
import { SMALL, storyboard, withInstallation } from './support/installation.ts'

/** A storyboard has at most 50 scenes. */
const MOST_SCENES = 50
const WARM_UP = 5
const SCENES = Math.min(Number(process.argv[2] ?? MOST_SCENES), MOST_SCENES - WARM_UP)

type Graph = Record<string, { class_type: string; inputs: Record<string, unknown> }>

/** One graph to its file, as directly as can be. @returns milliseconds */
async function bareCall(url: string, graph: Graph): Promise<number> {
  const startedAt = performance.now()
  const clientId = crypto.randomUUID()
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?clientId=${clientId}`)
  await once(socket, 'open')
  const done = new Promise<void>((resolve) => {
    socket.on('message', (data, binary) => {
      if (binary) return
      const { type, data: told } = JSON.parse(String(data))
      if (type === 'executing' && told.node === null) resolve()
    })
  })
  const posted = await fetch(`${url}/prompt`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: graph, client_id: clientId }),
  })
  const { prompt_id: id } = (await posted.json()) as { prompt_id: string }
  await done
  const history = (await (await fetch(`${url}/history/${id}`)).json()) as Record<
    string,
    { outputs: Record<string, { images?: { filename: string; subfolder: string; type: string }[] }> }
  >
  const file = Object.values(history[id]!.outputs).flatMap((output) => output.images ?? [])[0]!
  await (await fetch(`${url}/view?${new URLSearchParams(file)}`)).arrayBuffer()
  socket.close()
  return performance.now() - startedAt
}

await withInstallation(async (installation) => {
  const { db, engineUrl, jobs } = installation
  const worker = await installation.startWorker()
  const user = await buildUser(db.pool)
  const { job } = await jobs.accept(user, { spec: storyboard('bench', SCENES + WARM_UP), options: SMALL })
  const done = await installation.finished(job.id, 600_000)
  if (done.status !== 'completed') throw new Error(JSON.stringify(done.error))

  // The graph as the worker sent it last, so that both sides ask for the same.
  const history = (await (await fetch(`${engineUrl}/history?max_items=1`)).json()) as Record<
    string,
    { prompt: [number, string, Graph] }
  >
  const graph = Object.values(history)[0]!.prompt[2]
  const sampler = Object.values(graph).find((node) => 'seed' in node.inputs || 'noise_seed' in node.inputs)!
  const seedName = 'seed' in sampler.inputs ? 'seed' : 'noise_seed'
  const bare: number[] = []
  for (let n = -WARM_UP; n < SCENES; n += 1) {
    sampler.inputs[seedName] = 1_000 + n
    const took = await bareCall(engineUrl, graph)
    if (n >= 0) bare.push(took)
  }

  const { rows } = await db.pool.query<{ key: string; whole: number | null }>(
    `select key, (extract(epoch from finished_at - lag(finished_at) over (order by finished_at)) * 1000)::float as whole
     from job_steps where job_id = $1 and kind = 'scene' order by finished_at`,
    [job.id],
  )
  const spent = new Map(
    worker.lines
      .filter((entry) => entry.msg === 'scene made')
      .map((entry) => [String(entry.key), entry.spentMs as Record<string, number>]),
  )
  const scenes = rows.slice(WARM_UP).map(({ key, whole }) => ({ whole: whole!, ...spent.get(key)! }))
  const column = (name: string): number[] => scenes.map((scene) => (scene as Record<string, number>)[name]!)
  const typical = percentile(bare, 0.5)
  const media = scenes.map(
    (scene) => (scene as Record<string, number>).conform! + (scene as Record<string, number>).poster!,
  )
  const storing = column('store')
  const added = scenes.map((scene, index) => scene.whole - media[index]! - storing[index]! - typical)

  console.log(`${SCENES} scenes of 1 s at 480p, after ${WARM_UP} to warm up\n`)
  console.log(line('bare call', bare))
  console.log(line('whole scene', column('whole')))
  for (const name of ['prepare', 'engine', 'conform', 'poster', 'store', 'commit']) {
    console.log(line(`  ${name}`, column(name)))
  }
  console.log(
    line(
      '  between scenes (bell, claim)',
      scenes.map(
        (scene) =>
          scene.whole - Object.entries(scene).reduce((sum, [k, v]) => (k === 'whole' ? sum : sum + v), 0),
      ),
    ),
  )
  console.log(line('added over the bare call', added))
  console.log(
    `\naim: p50 +15 ms, p95 +40 ms; without media work and storing: p50 +${ms(percentile(added, 0.5))}, p95 +${ms(percentile(added, 0.95))}`,
  )
  await worker.stop()
})
