/** Addresses at which engines report. Each is for one submission of one scene, and signed. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Config } from '../platform/config.ts'
import { isUuid } from '../platform/ids.ts'
import type { ReportTarget } from './engine-submissions.ts'

/** Whoever knows the address may report; nobody can make one for another scene, submission or engine. */
function tokenOf({ engine, jobId, scene, attempt }: ReportTarget, secret: string): string {
  const text = JSON.stringify(['framecast:engine-callback', engine, jobId, scene, attempt])
  return createHmac('sha256', secret).update(text).digest('base64url')
}

/** Null where no secret is set up: then engines are given no address, and are asked only. */
export function callbackUrl(
  target: ReportTarget,
  config: Pick<Config, 'ENGINE_CALLBACK_BASE_URL' | 'INTERNAL_TOKEN'>,
): string | null {
  if (config.INTERNAL_TOKEN === '') return null
  const url = new URL(
    `${config.ENGINE_CALLBACK_BASE_URL}/internal/engines/${encodeURIComponent(target.engine)}/callback`,
  )
  url.searchParams.set('job', target.jobId)
  url.searchParams.set('scene', target.scene)
  url.searchParams.set('attempt', String(target.attempt))
  url.searchParams.set('token', tokenOf(target, config.INTERNAL_TOKEN))
  return url.href
}

/** What a call to such an address is about; null when its token is not ours. */
export function readCallback(engine: string, query: URLSearchParams, secret: string): ReportTarget | null {
  const part = (name: string): string => query.get(name) ?? ''
  const [jobId, scene, attempt, token] = [part('job'), part('scene'), part('attempt'), part('token')]
  if (secret === '' || !jobId || !isUuid(jobId) || !scene || !token) return null
  if (!attempt || !/^[1-9]\d{0,8}$/.test(attempt) || scene.includes('\0')) return null
  const target: ReportTarget = { engine, jobId, scene, attempt: Number(attempt) }
  const expected = Buffer.from(tokenOf(target, secret))
  const given = Buffer.from(token)
  return expected.length === given.length && timingSafeEqual(expected, given) ? target : null
}
