/** A job's events as they happen, as server-sent events. */
import Router from '@koa/router'
import type { Principal } from '../../core/access/principal.ts'
import { isTerminal } from '../../core/jobs/types.ts'
import { Problem } from '../../core/platform/errors.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { isExpired } from '../live/hub.ts'
import { lastEventSequence, writeEventStream } from '../live/sse.ts'
import { type Allow, caller } from '../middleware/access.ts'
import { pathId, queryText } from '../query.ts'

async function* nothing(): AsyncGenerator<never> {}

export function jobEventRoutes(
  { jobs, hub, gate, authenticator, timings, closing }: ServerDeps,
  { allowWatchers }: { allowWatchers: Allow },
): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  /** Whether a reader who was let in would be again: the credential may have ended, or the way into the team. */
  async function canStillSee(principal: Principal, jobId: string): Promise<boolean> {
    const reloaded = await authenticator.reload(principal)
    if (!reloaded) return false
    return jobs.find(reloaded, jobId).then(
      () => true,
      (error) => {
        if (error instanceof Problem && error.code === 'NOT_FOUND') return false
        throw error
      },
    )
  }

  router.get('/v1/jobs/:id/events', allowWatchers('jobs:read'), async (ctx) => {
    const principal = caller(ctx)
    const id = pathId(ctx)
    const { status } = await jobs.find(principal, id)
    const given = ctx.get('last-event-id') || queryText(ctx, 'last_event_id')
    const after = lastEventSequence(given)
    if (closing.aborted)
      throw new Problem('SERVICE_UNAVAILABLE', 'this server is going away', {
        reason: 'closing',
        retryAfterS: 2,
      })
    const leave = gate.enter('sse', principal)
    const watch = await hub.watch(id).catch((error) => {
      leave()
      throw error
    })
    const done = (): void => {
      leave()
      watch?.close()
    }
    if (!watch || (after !== null && isExpired(watch, after))) {
      done()
      if (!watch) throw new Problem('NOT_FOUND', 'no such job')
      throw new Problem('GONE', 'these events are no longer stored; read the job instead')
    }
    // A reader that comes back after the last event of a finished job, as browsers do, has nothing left to wait for.
    const isOver = isTerminal(status) && (watch.firstStored === null || (after ?? 0) >= watch.last)
    if (ctx.method === 'HEAD') {
      done()
      ctx.type = 'text/event-stream'
      ctx.status = 200
      return
    }

    // From here on the response is written by hand; the request's own time limit does not hold for a stream.
    ctx.respond = false
    const { res } = ctx
    const stop = new AbortController()
    const end = (): void => stop.abort()
    res.on('error', () => {})
    res.once('close', end)
    // Gone already while the job was looked up: nobody will say so again.
    if (res.closed) end()
    closing.addEventListener('abort', end, { once: true })
    const recheck = setInterval(() => {
      canStillSee(principal, id).then(
        (seen) => seen || end(),
        // While the database is away nobody's rights have changed as far as anyone can tell.
        () => {},
      )
    }, timings.recheckMs)
    ctx.status = 200
    ctx.set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache',
      'X-Accel-Buffering': 'no',
    })
    res.socket?.setNoDelay(true)
    res.socket?.setKeepAlive(true, 30_000)
    res.flushHeaders()
    void writeEventStream(res, {
      batches: isOver ? nothing() : watch.events(after ?? 0, stop.signal),
      replayUntil: watch.last,
      signal: closing,
      keepAliveMs: timings.sseKeepAliveMs,
      stallMs: timings.stallMs,
    }).then((reason) => {
      ctx.state.log.debug({ reason }, 'event stream ended')
      clearInterval(recheck)
      closing.removeEventListener('abort', end)
      end()
      done()
    })
  })

  return router
}
