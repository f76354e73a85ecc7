/** What the fault tests share: a job with its worker killed in mid-work, and what must hold once it has ended. */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { UserPrincipal } from '../../core/access/principal.ts'
import { eventsAfter } from '../../core/jobs/events.ts'
import type { JobOutput } from '../../core/jobs/types.ts'
import { findTools, probe, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { buildUser } from './builders.ts'
import { type FakeComfy, startFakeComfy } from './fake-comfyui.ts'
import type { Scope } from './postgres.ts'
import { type Part, type Stack, type StackOptions, startPart, startStack } from './stack.ts'

/** The fewest pixels there are; `comfyui`, since boards of the preview engine cost no credits. */
export const OPTIONS = { resolution: '480p', aspect: '1:1', fps: 16, engine: 'comfyui' } as const
const CREDITS = 1_000
const CLIP_S = 4

/** A real film for an engine that draws nothing itself: of another rate than what is asked for, and hardly a picture to encode. */
export async function makeClip(): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'framecast-test-clip-'))
  const path = join(folder, 'clip.mp4')
  const encoding = ['-t', String(CLIP_S), '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']
  try {
    await runFfmpeg(
      await findTools(process.env),
      { inputs: [{ lavfi: 'smptebars=s=480x480:r=24' }], outputs: [{ path, options: encoding }] },
      { wallMs: 60_000 },
    )
    return await readFile(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Database, store and an engine that can be made to fail; credits are really taken. */
export async function startFaultStack(
  t: Scope,
  options: StackOptions & { stepMs?: number; preview?: Uint8Array } = {},
): Promise<Stack & { fake: FakeComfy }> {
  const { stepMs = 0, preview } = options
  const fake = await startFakeComfy({ clip: await makeClip(), stepMs, ...(preview ? { preview } : {}) })
  t.teardown(() => fake.close())
  const stack = await startStack(t, {
    ...options,
    comfyuiUrls: [fake.url],
    env: { CREDITS_MODE: 'enforce', CREDITS_PER_SECOND: '1', ...options.env },
  })
  return { ...stack, fake }
}

type Checks = Pick<Test, 'equal' | 'strictSame' | 'ok'>

/** A storyboard of scenes of one second each, whose prompts nobody else uses. */
export function storyboard(title: string, scenes = 1) {
  return {
    title,
    scenes: Array.from({ length: scenes }, (_, index) => ({
      id: `scene-${index + 1}`,
      prompt: `${title}, picture ${index + 1}`,
      duration: 1,
    })),
  }
}

/** Frames of such a storyboard under OPTIONS. */
export const framesOf = (scenes: number): number => scenes * OPTIONS.fps

export async function buildPayer(stack: Stack): Promise<UserPrincipal> {
  return buildUser(stack.db.pool, { credits: CREDITS })
}

/** Asks again until `look` gives something; rejects after `limitMs`. Faults of the database count as nothing. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  limitMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const found = await look().catch(() => null)
    if (found) return found
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for ${what}`)
    await sleep(50)
  }
}

/** Keys of the objects under a prefix. */
export async function keysUnder(stack: Stack, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of stack.store.list(prefix)) keys.push(key)
  return keys
}

/** Takes the running steps of a job as far past the end of their leases as it takes for the sweeper to act. */
export async function ageLeases(stack: Stack, jobId: string): Promise<number> {
  const { rowCount } = await stack.db.pool.query(
    `update job_steps set lease_until = now() - interval '4 seconds' where job_id = $1 and state = 'running'`,
    [jobId],
  )
  return rowCount ?? 0
}

/** Waits for a process to die by a fault point's SIGKILL. */
export async function diedByFault(t: Checks, part: Part): Promise<void> {
  t.strictSame(await part.ended(60_000), { code: null, signal: 'SIGKILL' }, 'killed at its fault point')
}

/** Whether a process stands still, as after SIGSTOP. */
export const isStopped = async (pid: number): Promise<boolean> =>
  /\) T /.test(await readFile(`/proc/${pid}/stat`, 'utf8'))

/** Ids of processes whose command line names `text`. */
export async function processesNaming(text: string): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    ids.map(async (id) => {
      const line = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')
      return line.includes(text) ? [Number(id)] : []
    }),
  )
  return found.flat()
}

export type Expected = {
  status?: 'completed' | 'failed'
  /** Frames of the film; unchecked when absent. */
  frames?: number
  charged: number
  refunded?: number
}

/** Everything that was promised for a job, whatever happened while it was rendered. */
export async function promisesHold(
  t: Checks,
  stack: Stack,
  jobId: string,
  expected: Expected,
): Promise<void> {
  const { pool } = stack.db
  const { status = 'completed', refunded = 0 } = expected
  const { rows: jobs } = await pool.query(
    `select j.*, u.credits from jobs j join users u on u.id = j.triggered_by where j.id = $1`,
    [jobId],
  )
  const job = jobs[0]
  t.equal(job.status, status, `ends ${status}: ${JSON.stringify(job.error)}`)

  const { rows: entries } = await pool.query(
    'select kind, amount from credit_entries where job_id = $1 order by kind',
    [jobId],
  )
  const wanted = [{ kind: 'debit', amount: expected.charged }]
  if (refunded > 0) wanted.push({ kind: 'refund', amount: refunded })
  t.strictSame(entries, wanted, 'one debit, and no more than one refund')
  t.strictSame(
    [job.credits_charged, job.credits_refunded],
    [expected.charged, refunded],
    'the job says the same',
  )
  const { rows: sums } = await pool.query(
    `select coalesce(sum(case kind when 'debit' then -amount else amount end), 0)::int as moved
     from credit_entries e join jobs j on j.id = e.job_id where j.triggered_by = $1`,
    [job.triggered_by],
  )
  t.equal(job.credits, CREDITS + sums[0].moved, 'the balance is what the entries add up to')

  const events = await eventsAfter(pool, jobId, 0, 1_000)
  t.strictSame(
    events.map((event) => event.sequence),
    events.map((_, index) => index + 1),
    'events without a gap',
  )
  const terminal = events.filter((event) => ['completed', 'failed', 'canceled'].includes(event.event_type))
  t.strictSame(
    terminal.map((event) => event.event_type),
    [status],
    'one terminal event',
  )
  t.equal(events.at(-1)?.event_type, status, 'which is the last')
  t.equal(events.filter((event) => event.event_type === 'started').length, 1, 'started once')
  const scenes = events.filter((event) => event.event_type === 'scene_complete')
  t.equal(
    new Set(scenes.map((event) => event.payload.scene_id)).size,
    scenes.length,
    'no scene completed twice',
  )

  const { rows: steps } = await pool.query(
    `select kind, key, state from job_steps where job_id = $1
     and (state in ('waiting', 'ready', 'running') or lease_owner is not null or lease_until is not null)`,
    [jobId],
  )
  t.strictSame(steps, [], 'no lease and no open step is left')
  if (status === 'completed') await filmIsWhole(t, stack, job.output as JobOutput, expected.frames)
}

async function filmIsWhole(t: Checks, stack: Stack, output: JobOutput, frames?: number): Promise<void> {
  const path = join(stack.workDir, `${output.sha256}.mp4`)
  await stack.store.getFile(output.video_key, path, AbortSignal.timeout(20_000))
  const bytes = await readFile(path)
  t.equal(createHash('sha256').update(bytes).digest('hex'), output.sha256, 'the film has its bytes')
  t.equal(bytes.length, output.size_bytes)
  const info = await probe(await findTools(process.env), path, { countFrames: true })
  t.equal(info.video?.frames, output.metadata.frames, 'and its frames')
  if (frames !== undefined) t.equal(info.video?.frames, frames, 'as many as were planned')
}

/** Stops a worker in good order and looks at what it leaves on this machine. */
export async function leavesNothing(t: Checks, stack: Stack, workers: readonly Part[]): Promise<void> {
  for (const worker of workers) await worker.stop()
  const folder = stack.env.WORK_DIR!
  t.strictSame(await readdir(folder), [], 'no temporary file is left')
  t.strictSame(await processesNaming(folder), [], 'no process of ours is left')
}

/** Seconds after which the next attempt must have begun when a worker was lost. */
export const TAKEOVER_LIMIT_S = 30

/** Messages with which a worker's log tells that it is through with a step, one way or another. */
export const ENDED = new Set(['step done', 'step stopped', 'step failed'])

/** A worker under a supervisor, which starts it again whenever it gives up, as every installation does. */
export function superviseWorker(
  t: Scope,
  stack: Stack,
  env: Record<string, string> = {},
): { stop(): Promise<void> } {
  let stopping = false
  let current: Part | null = null
  const loop = (async () => {
    while (!stopping) {
      current = startPart(t, 'worker/main.ts', { ...stack.env, ...env })
      await current.ended(3_600_000)
    }
  })()
  return {
    async stop() {
      stopping = true
      await current?.stop()
      await loop
    },
  }
}
