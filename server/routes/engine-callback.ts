/**
 * Reports of engines. The address is the permission; the content is a hint which wakes the worker that waits, and tells
 * it the id of a submission whose answer was lost.
 */
import type { IncomingMessage } from 'node:http'
import Router from '@koa/router'
import { readCallback } from '../../core/jobs/engine-callback.ts'
import { canReport, idInReport, type ReportText } from '../../core/jobs/engine-reports.ts'
import { takeReport } from '../../core/jobs/engine-submissions.ts'
import { Problem } from '../../core/platform/errors.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'

/** Results of 20 MB come along, and what is around them. */
const MAX_REPORT_BYTES = 25_000_000
/** Of either end of a report that is looked at. */
const WINDOW_BYTES = 65_536

const tooLarge = (): Problem =>
  new Problem('PAYLOAD_TOO_LARGE', `a report may have ${MAX_REPORT_BYTES} bytes`)

/** Reads a body through and keeps its ends. One that breaks off counts with what has come. */
async function readEnds(request: IncomingMessage): Promise<ReportText> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_REPORT_BYTES) throw tooLarge()
  let head = Buffer.alloc(0)
  let tail = Buffer.alloc(0)
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > MAX_REPORT_BYTES) throw tooLarge()
      if (head.length < WINDOW_BYTES) head = Buffer.concat([head, chunk]).subarray(0, WINDOW_BYTES)
      tail = Buffer.concat([tail, chunk]).subarray(-WINDOW_BYTES)
    }
  } catch (error) {
    if (error instanceof Problem) throw error
  }
  return { head: head.toString('utf8'), tail: tail.toString('utf8') }
}

export function engineCallbackRoutes({ config, db }: ServerDeps): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const unknown = (): Problem => new Problem('NOT_FOUND', 'no scene waits for this report')

  router.post('/internal/engines/:engine/callback', async (ctx) => {
    const engine = String(ctx.params.engine)
    const target = canReport(engine)
      ? readCallback(engine, new URLSearchParams(ctx.querystring), config.INTERNAL_TOKEN)
      : null
    // Nothing is read from whoever does not know the token.
    if (!target) throw unknown()
    const remoteId = idInReport(engine, await readEnds(ctx.req))
    if (!(await takeReport(db.system, target, remoteId))) throw unknown()
    ctx.type = 'text/plain; charset=utf-8'
    ctx.body = 'OK'
  })

  return router
}
