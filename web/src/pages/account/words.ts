/** What is said of an account, its keys and its sessions. Pure. */
import { ApiError, type ApiKey } from '../../api/client.ts'
import { when } from '../../format.ts'

/** A refusal in the words of the page; null where the server's own say it. */
export function accountWords(error: unknown): string | null {
  if (!(error instanceof ApiError)) return null
  const { code, message } = error
  const team = /only owner of "(.*)": make/.exec(message)?.[1]
  if (code === 'CONFLICT' && team !== undefined)
    return `You are the only owner of ${team}. Make someone else owner first, or delete the team.`
  if (code === 'INVALID_CREDENTIALS') return 'That is not your password.'
  if (code === 'CONFLICT' && message.startsWith('you have 50 keys'))
    return 'You have 50 keys. Revoke one first.'
  if (code === 'RATE_LIMIT_EXCEEDED') return 'Too many tries. Wait a few minutes and try again.'
  if (message.startsWith('expires_at must be in the future')) return 'Choose a day that is still to come.'
  return null
}

export const SCOPES = [
  ['generate', 'Render storyboards, check them and ask what they cost'],
  ['jobs:read', 'See renders, films and usage'],
  ['jobs:write', 'Cancel, repeat and delete renders'],
  ['assets:read', 'See pictures and sounds'],
  ['assets:write', 'Upload and delete pictures and sounds'],
  ['projects:read', 'See projects'],
  ['projects:write', 'Change and render projects'],
  ['webhooks:read', 'See webhooks and deliveries'],
  ['webhooks:write', 'Change webhooks'],
] as const

/** Of these a starter's key may hold the first five. */
export const STARTER_SCOPES = 5

/** `Used 14:02. Ends 1 January 2027.` */
export function keyWords(
  { last_used_at, expires_at, created_at }: Pick<ApiKey, 'last_used_at' | 'expires_at' | 'created_at'>,
  now: number = Date.now(),
): string {
  const used = last_used_at === null ? 'Never used' : `Used ${when(Date.parse(last_used_at), now)}`
  const made = `made ${when(Date.parse(created_at), now)}`
  if (expires_at === null) return `${used}, ${made}, does not end by itself`
  const ends = Date.parse(expires_at)
  return `${used}, ${made}, ${ends <= now ? 'ended' : 'ends'} ${when(ends, now)}`
}
