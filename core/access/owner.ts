/** Owner URNs: who owns (sees, pays for) a job, an asset, a key or a usage row. Pure. */
import { isUuid } from '../platform/ids.ts'

export type Owner =
  | { readonly kind: 'user'; readonly userId: string }
  | { readonly kind: 'team'; readonly teamId: string }
  | { readonly kind: 'membership'; readonly teamId: string; readonly userId: string }

/** Reads an owner URN; null when its form is wrong. Ids come back in lower case. */
export function parseOwner(urn: string): Owner | null {
  const parts = urn.toLowerCase().split(':')
  const [product, first, second] = parts
  if (parts.length !== 3 || product !== 'framecast' || !second || !isUuid(second)) return null
  if (first === 'user') return { kind: 'user', userId: second }
  if (first === 'team') return { kind: 'team', teamId: second }
  return first && isUuid(first) ? { kind: 'membership', teamId: first, userId: second } : null
}

export function formatOwner(owner: Owner): string {
  if (owner.kind === 'user') return `framecast:user:${owner.userId}`
  if (owner.kind === 'team') return `framecast:team:${owner.teamId}`
  return `framecast:${owner.teamId}:${owner.userId}`
}

export const userUrn = (userId: string): string => formatOwner({ kind: 'user', userId })

/** Prefix of the owner's objects in the outputs bucket, with a slash at the end. */
export function objectPrefix(urn: string): string {
  const owner = parseOwner(urn)
  if (!owner) throw new Error(`not an owner URN: ${urn}`)
  if (owner.kind === 'user') return `user/${owner.userId}/`
  return owner.kind === 'team' ? `team/${owner.teamId}/shared/` : `team/${owner.teamId}/${owner.userId}/`
}

/** The balance a job of this owner draws on, as a URN: the person, or the team. */
export function creditSource(urn: string): string {
  const owner = parseOwner(urn)
  if (!owner) throw new Error(`not an owner URN: ${urn}`)
  return owner.kind === 'user' ? urn : `framecast:team:${owner.teamId}`
}

/**
 * Whose files a job may use: those of its team, shared or private to the person who triggered it, and that person's own.
 * Asked when a job is accepted, and again when it is planned: the two must agree.
 * @param jobOwner URN of the job's owner
 */
export function usableFileOwners(jobOwner: string, triggeredBy: string): string[] {
  const owner = parseOwner(jobOwner)
  if (!owner) throw new Error(`not an owner URN: ${jobOwner}`)
  if (owner.kind === 'user') return [jobOwner]
  const { teamId } = owner
  return [
    formatOwner({ kind: 'team', teamId }),
    formatOwner({ kind: 'membership', teamId, userId: triggeredBy }),
    userUrn(triggeredBy),
  ]
}
