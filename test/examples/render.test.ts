/** Every storyboard in `examples/`, rendered small through the command line, the server and a worker. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { findTools, probe } from '../../core/platform/ffmpeg.ts'
import { planShots } from '../../core/storyboard/plan.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'
import { buildKey } from '../support/builders.ts'
import { startStack } from '../support/stack.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const EXAMPLES = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.yaml'))

// A film takes seconds, and minutes where many tests share a machine.
t.setTimeout(900_000)
t.ok(EXAMPLES.length >= 6, 'there are examples')
const stack = await startStack(t)
await stack.startWorker()
const { url } = await stack.startServer()
const { rawKey } = await buildKey(stack.db.pool)
const tools = await findTools(process.env)

/** Scenes that were really made, so far. */
async function generations(): Promise<number> {
  const { rows } = await stack.db.pool.query(
    `select count(*)::int as n from job_steps
     where kind = 'scene' and state = 'done' and not (result ->> 'reused')::boolean`,
  )
  return rows[0].n
}

/** What a render by the command line says at its end. */
async function render(file: string, out: string) {
  const { stdout } = await run(
    process.execPath,
    [
      join(ROOT, 'cli/main.ts'),
      'render',
      file,
      '-o',
      out,
      '--server',
      url,
      '--key',
      rawKey,
      '--resolution',
      '480p',
      '--aspect',
      '1:1',
      '--fps',
      '16',
      '--json',
    ],
    { timeout: 170_000 },
  )
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

for (const name of EXAMPLES) {
  t.test(`${name} becomes the film that was planned`, { timeout: 180_000 }, async (t) => {
    const file = join(ROOT, 'examples', name)
    const out = join(stack.workDir, `${name}.mp4`)
    const result = await render(file, out)
    const plan = planShots(parse(readFileSync(file, 'utf8')) as Storyboard, {
      resolution: '480p',
      aspect: '1:1',
      fps: 16,
    })
    t.match(result, {
      status: 'completed',
      output: out,
      frames: plan.frames,
      scenes_total: plan.clips.length,
      credits: 0,
    })
    const info = await probe(tools, out, { countFrames: true })
    t.equal(info.video?.frames, plan.frames, 'frames of the file itself')
    t.match(info.video, { codec: 'h264', width: plan.format.width, height: plan.format.height })
    t.match(info.audio, { codec: 'aac' })
    t.ok(
      Math.abs(info.durationS! - plan.durationS) < 1 / 16,
      `${info.durationS} s, ${plan.durationS} s planned`,
    )

    const made = await generations()
    const again = await render(file, join(stack.workDir, `again-${name}.mp4`))
    t.match(again, { status: 'completed', frames: plan.frames, scenes_reused: plan.clips.length, credits: 0 })
    t.equal(await generations(), made, 'a second render generates nothing')
  })
}
