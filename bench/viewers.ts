/**
 * A thousand viewers on one server process.
 *
 *   node bench/viewers.ts [viewers] [seconds]
 *
 * 50 jobs, each with 10 progress events a second; every viewer follows one job by WebSocket, through watch links (20
 * viewers a job). Viewers are spread over processes of their own, 250 each. Latency is from the event's COMMIT, by the
 * clock of this machine, to its arrival; memory is the server's resident size with and without viewers.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { appendEvent } from '../core/jobs/events.ts'
import { createWatchLink } from '../core/jobs/watch-links.ts'
import { transaction } from '../core/platform/database.ts'
import { buildJob, buildUser } from '../test/support/builders.ts'
import { line } from './support/figures.ts'
import { withInstallation } from './support/installation.ts'

const VIEWERS = Number(process.argv[2] ?? 1_000)
const SECONDS = Number(process.argv[3] ?? 15)
const JOBS = 50
const EVENTS_A_SECOND = 10
const EACH_PROCESS = 250

type Start = { url: string; seats: { job: string; token: string }[] }
type Counted = { delivered: number; tookMs: number[] }

/** A process of viewers: follows, and tells what came when it is asked to. */
async function viewers({ url, seats }: Start): Promise<void> {
  const counted: Counted = { delivered: 0, tookMs: [] }
  await Promise.all(
    seats.map(async ({ job, token }) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ws`, ['framecast.v1', `watch.${token}`])
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as { type: string; payload?: { sent_at?: number } }
        if (message.type !== 'event' || !message.payload?.sent_at) return
        counted.delivered += 1
        if (counted.delivered % 10 === 0) counted.tookMs.push(Date.now() - message.payload.sent_at)
      })
      await once(socket, 'open')
      socket.send(JSON.stringify({ type: 'subscribe', id: '1', channel: `job:${job}` }))
      await once(socket, 'message')
    }),
  )
  process.send?.('ready')
  process.on('message', () => {
    process.send?.(counted)
    process.exit(0)
  })
}

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024
}

async function main(): Promise<void> {
  await withInstallation(async ({ db, startServer }) => {
    const server = await startServer()
    const pid = server.part.process.pid as number
    const seats: Start['seats'] = []
    const jobs: string[] = []
    for (let n = 0; n < JOBS; n += 1) {
      const user = await buildUser(db.pool)
      const job = await buildJob(db.pool, user)
      jobs.push(job)
      for (let viewer = 0; viewer < VIEWERS / JOBS; viewer += 1) {
        const { token } = await createWatchLink(db.pool, {
          jobId: job,
          createdBy: user.userId,
          expiresInS: 3_600,
        })
        seats.push({ job, token })
      }
    }
    await fetch(`${server.url}/health`)
    const before = await residentMib(pid)
    const children = []
    for (let at = 0; at < seats.length; at += EACH_PROCESS) {
      const child = fork(new URL(import.meta.url).pathname, [], {
        env: { ...process.env, VIEWERS_CHILD: '1' },
      })
      child.send({ url: server.url, seats: seats.slice(at, at + EACH_PROCESS) } satisfies Start)
      await once(child, 'message')
      children.push(child)
    }
    const open = await residentMib(pid)
    const endsAt = performance.now() + SECONDS * 1_000
    let written = 0
    while (performance.now() < endsAt) {
      const roundAt = performance.now()
      await transaction(db.pool, async (client) => {
        // One statement a job, one commit a round: the load is on the server, not on the writer's disk.
        for (const job of jobs) {
          await appendEvent(client, job, 'progress', { percent: 1, phase: 'generating', sent_at: Date.now() })
          written += 1
        }
      })
      await sleep(Math.max(0, 1_000 / EVENTS_A_SECOND - (performance.now() - roundAt)))
    }
    const after = await residentMib(pid)
    await sleep(1_000)
    const total: Counted = { delivered: 0, tookMs: [] }
    for (const child of children) {
      child.send('stop')
      const [counted] = (await once(child, 'message')) as [Counted]
      total.delivered += counted.delivered
      total.tookMs.push(...counted.tookMs)
    }
    const due = (written / JOBS) * VIEWERS
    console.log(`${VIEWERS} viewers, ${JOBS} jobs, ${(written / SECONDS).toFixed(0)} events/s written`)
    console.log(
      `${(total.delivered / SECONDS).toFixed(0)} events/s delivered, ${((100 * total.delivered) / due).toFixed(1)} % of what was due`,
    )
    console.log(line('written -> received', total.tookMs))
    console.log(
      `memory: ${before.toFixed(0)} MiB without viewers, ${open.toFixed(0)} with, ${after.toFixed(0)} at the end: ` +
        `${(((open - before) * 1_024) / VIEWERS).toFixed(0)} KiB a viewer that looks on, ${(((after - before) * 1_024) / VIEWERS).toFixed(0)} under load`,
    )
    await server.part.stop()
  })
}

if (process.env.VIEWERS_CHILD) process.once('message', (start) => void viewers(start as Start))
else await main()
