/** Why a render was not taken, in words that say what would be. Pure. */
import type { RenderPlan } from '../../api/client.ts'
import { count } from '../../format.ts'

export type Lack = { needs: number; has: number }

const BALANCE = /^the balance is (\d+) credits?; this render needs (\d+)$/

/** What is missing for a render, as its plan warns; null: nothing is. */
export function lackOf(plan: Pick<RenderPlan, 'warnings'> | undefined): Lack | null {
  for (const { message } of plan?.warnings ?? []) {
    const [, has, needs] = BALANCE.exec(message) ?? []
    if (needs !== undefined) return { needs: Number(needs), has: Number(has) }
  }
  return null
}

/**
 * @param cheaper what the same film costs in the smallest size; undefined while that is not known
 * @param whom to ask for more; null: nobody is known
 */
export function lackWords({ needs, has }: Lack, whom: string | null, cheaper: number | undefined): string {
  const ask = whom === null ? null : `ask ${whom}`
  const smaller = isWithin(has, needs, cheaper) ? `render at 480p (${count(cheaper, 'credit')})` : null
  const ways = [ask, smaller ?? 'make the animatic (0 credits)'].filter((way) => way !== null).join(' or ')
  return `This needs ${count(needs, 'credit')}; the team has ${has}. ${ways[0]!.toUpperCase()}${ways.slice(1)}.`
}

/** Whether the smaller film is a way out: it costs less, and there is enough for it. */
export const isWithin = (has: number, needs: number, cheaper: number | undefined): cheaper is number =>
  cheaper !== undefined && cheaper < needs && cheaper <= has

type Refusal = { status: number; code: string; message: string; details: unknown }

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`

/** What was refused for another reason than credits. */
export function refusalWords({ status, code, message, details }: Refusal): string {
  if (code === 'STORAGE_QUOTA_EXCEEDED') {
    const { used, limit } = (details ?? {}) as { used?: number; limit?: number }
    if (used !== undefined && limit !== undefined)
      return `Storage is full: ${gigabytes(used)}, limit ${gigabytes(limit)}. Delete films or files first.`
  }
  if (status === 409 && /five active renders/.test(message))
    return 'Five renders of this team are under way, which is the most. Wait for one, or cancel it.'
  if (status === 409 && /is being rendered/.test(message))
    return 'This project is being rendered. Wait for it, or cancel it.'
  if (status === 409 && /your renders is still active/.test(message))
    return 'One of your renders is still under way. Wait for it, or cancel it.'
  const words = message.replace(/\.$/, '')
  return `${words[0]?.toUpperCase() ?? ''}${words.slice(1)}.`
}
