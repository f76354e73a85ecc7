/** What is said of people and of refusals on the pages of a team. Pure. */
import { ApiError, type AuditEntry, type Team } from '../../api/client.ts'
import { when } from '../../format.ts'

export type Role = NonNullable<Team['user_role']>

export const isAdmin = (role: Role): boolean => role === 'owner' || role === 'admin'

const A: Record<Role, string> = {
  owner: 'an owner',
  admin: 'an admin',
  member: 'a member',
  viewer: 'a viewer',
}

/** `Only owners and admins can see this. You are a member of Northlight.` */
export const refusedPage = (roles: string, { user_role, name }: { user_role: Role; name: string }): string =>
  `Only ${roles} can see this. You are ${A[user_role]} of ${name}.`

/** A refusal in the words of the page; null where the server's own say it. */
export function refusalWords(error: unknown, name = 'This person'): string | null {
  if (!(error instanceof ApiError)) return null
  const { code, message } = error
  if (code === 'CONFLICT' && message.startsWith('a team has at least one owner'))
    return `${name} is the only owner. Make someone else owner first.`
  if (code === 'CONFLICT' && message.startsWith('you are the only owner;'))
    return 'You are the only owner. Make someone else owner first.'
  if (message.startsWith('only an owner may'))
    return 'Only owners can change owners, or make somebody one. Ask an owner.'
  if (/not public|service of this installation/.test(message))
    return 'That address is inside this network and is not on the allowed list. Ask the operator.'
  if (message.startsWith('url cannot be used: it must begin with https'))
    return 'Use an address that begins with https://.'
  if (message.startsWith('email must be an address')) return 'That does not look like an email address.'
  if (message.startsWith('email is your own'))
    return 'That is your own address. You are in this team already.'
  if (message.startsWith('this person is a member')) return 'This person is in the team already.'
  return null
}

const UUID = /^(framecast:.*)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Details that are read in this order; what is not named comes before. */
const ORDER = ['user_id', 'email', 'role', 'from', 'to']

const ACTIONS: Readonly<Record<string, string>> = {
  'team.created': 'made the team',
  'team.changed': 'changed the team',
  'member.role_changed': 'changed a role',
  'member.removed': 'removed a member',
  'member.left': 'left the team',
  'invitation.created': 'invited somebody',
  'invitation.sent': 'invited somebody',
  'invitation.resent': 'sent an invitation again',
  'invitation.revoked': 'took an invitation back',
  'invitation.accepted': 'accepted an invitation',
  'invitation.declined': 'declined an invitation',
  'api_key.created': 'made an API key',
  'api_key.revoked': 'revoked an API key',
  'webhook.created': 'added a webhook',
  'webhook.changed': 'changed a webhook',
  'webhook.secret_rotated': 'rotated the secret of a webhook',
  'webhook.deleted': 'removed a webhook',
  'project.deleted': 'deleted a project',
  'job.deleted': 'deleted a render',
  'asset.deleted': 'deleted an asset',
  'cache.evicted': 'emptied the cache',
  'credits.granted': 'granted credits',
}

/** `changed a role`; what is not known is said by its name. */
export const actionWords = (action: string): string =>
  ACTIONS[action] ?? action.replace('.', ': ').replaceAll('_', ' ')

/**
 * Old and new values, names and amounts of an entry, in one line.
 * @param names of people, by id; other ids tell nobody anything
 */
export function detailWords(
  { details }: Pick<AuditEntry, 'details'>,
  names: ReadonlyMap<string, string> = new Map(),
): string {
  const valueWords = (value: unknown): string | null => {
    if (value === '*') return 'everything'
    if (typeof value === 'string') return names.get(value) ?? (UUID.test(value) ? null : value)
    if (typeof value === 'number') return String(value)
    return Array.isArray(value) && value.length > 0 ? value.map(valueWords).join(', ') : null
  }
  return Object.entries(details)
    .sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b))
    .map(([name, value]) => [name.replace(/_id$/, '').replaceAll('_', ' '), valueWords(value)])
    .filter(([, words]) => words !== null)
    .map(([name, words]) => `${name} ${words}`)
    .join(', ')
}

/** `delivered 1st try`, `tries 3 of 5, next 14:20` */
export function triesWords(
  delivery: { status: string; attempts: number; max_attempts: number; next_retry_at: string | null },
  now?: number,
): string {
  const { status, attempts, max_attempts, next_retry_at } = delivery
  if (status === 'delivered') return attempts === 1 ? 'delivered, first try' : `delivered, ${attempts} tries`
  if (status === 'pending' && attempts === 0) return 'waiting'
  if (status === 'attempting') return `try ${attempts} of ${max_attempts} is under way`
  if (status === 'failed') return attempts === 1 ? 'failed after one try' : `failed after ${attempts} tries`
  const next = next_retry_at === null ? '' : `, next ${when(Date.parse(next_retry_at), now)}`
  return `tries ${attempts} of ${max_attempts}${next}`
}
