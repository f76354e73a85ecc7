/** How a render is spoken of. Pure. */
import { refund } from '../../../core/jobs/refund.ts'
import type { Job } from '../../../schemas/types.ts'
import { about, count } from '../format.ts'
import { isOver, type LiveJob, shareOf } from './progress.ts'

const PHASES: Readonly<Record<string, string>> = {
  queued: 'Waiting',
  initializing: 'Preparing',
  generating: 'Scenes',
  stitching: 'Joining',
  finalizing: 'Finishing',
}

export const percentOf = (job: Pick<Job, 'progress'>): number => Math.floor(job.progress.percent ?? 0)

/** `Waiting`, `Scenes 41%` */
export function stageWords(job: Job): string {
  if (job.status === 'queued') return 'Waiting'
  return `${PHASES[job.progress.phase ?? ''] ?? 'Rendering'} ${percentOf(job)}%`
}

/** What is read out of a render that runs: its stage, and every quarter of the way; nothing in between. */
export function milestoneWords(job: Job): string {
  const quarter = Math.floor(percentOf(job) / 25) * 25
  const stage = stageWords(job).replace(/ \d+%$/, '')
  return quarter > 0 ? `${stage}, ${quarter}%` : stage
}

/** `1 of 12 scenes`; null while the number is not known. */
export function scenesWords({ progress }: Pick<Job, 'progress'>): string | null {
  const { scenes_total: total = 0, scenes_completed: done = 0 } = progress
  return total === 0 ? null : `${done} of ${count(total, 'scene')}`
}

/** `about 2 min`, `about 2 to 4 min`; null while too little was measured. */
export function timeLeftWords({
  progress: { eta_seconds, eta_range },
}: Pick<Job, 'progress'>): string | null {
  if (eta_seconds === undefined) return null
  const [least = eta_seconds, longest = eta_seconds] = eta_range ?? []
  const [from, to] = [about(least), about(longest)]
  if (from === to || !to.endsWith(' min')) return about(eta_seconds)
  const minutes = (words: string): string | null => /^about (\d+) min$/.exec(words)?.[1] ?? null
  return minutes(from) === null
    ? `${from} to ${to.replace('about ', '')}`
    : `about ${minutes(from)} to ${minutes(to)} min`
}

/** Numbers of the scenes of a render, from 1, in the order of its storyboard. */
function scenesOf(job: Job): { id: string; number: number }[] {
  const { scenes } = job.spec_snapshot as { scenes?: { id?: unknown }[] }
  return (scenes ?? []).map((scene, at) => ({ id: String(scene.id), number: at + 1 }))
}

/** The number of a scene in the render; null when it is not in it. */
export const sceneNumber = (job: Job, sceneId: string): number | null =>
  scenesOf(job).find(({ id }) => id === sceneId)?.number ?? null

/** What canceling now would lose, keep and give back. */
export function cancelWords(job: LiveJob): string {
  const running = scenesOf(job).filter(({ id }) => shareOf(job, id) > 0 && shareOf(job, id) < 1)
  const done = job.progress.scenes_completed ?? 0
  const numbers = running.map(({ number }) => String(number))
  const lost =
    numbers.length === 0
      ? null
      : numbers.length === 1
        ? `The clip of scene ${numbers[0]} is lost`
        : `The clips of scenes ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)} are lost`
  const kept = done === 0 ? null : `${count(done, 'finished scene')} ${done === 1 ? 'is' : 'are'} kept`
  const work = [lost, kept].filter((words) => words !== null).join('; ')
  const back = refund(job.credits_charged, 'canceled', job.progress.percent ?? 0)
  const money =
    job.credits_charged === 0
      ? 'It costs nothing.'
      : `${back} of ${count(job.credits_charged, 'credit')} come back.`
  return `${work === '' ? 'No clip was begun' : work}. ${money}`
}

const creditsBack = (job: Job): string =>
  job.credits_refunded > 0 ? ` ${count(job.credits_refunded, 'credit')} returned.` : ''

/** How a render ended; null while it runs. */
export function endWords(job: LiveJob, nameOf: (userId: string) => string | null): string | null {
  if (!isOver(job)) return null
  if (job.status === 'canceled') {
    const by = job.heard?.canceledBy ? nameOf(job.heard.canceledBy) : null
    return `Canceled${by ? ` by ${by}` : ''}.${creditsBack(job)}`
  }
  if (job.status === 'failed') {
    const number = job.error?.scene_id ? sceneNumber(job, job.error.scene_id) : null
    const message = job.error?.message ?? 'the cause is not known'
    const cause = message.replace(/^scene \S+:? (?=\S)/i, '')
    return `${number === null ? 'The render' : `Scene ${number}`} failed: ${cause.replace(/\.$/, '')}.${creditsBack(job)}`
  }
  const revision = (job.output?.metadata as { spec_revision?: number | null } | undefined)?.spec_revision
  return `Film ${revision ? `r${revision} ` : ''}is ready.`
}

/** Title of the tab: the state before the name, where a narrow tab shows it. */
export function tabTitle(name: string, job: LiveJob | undefined, isNews: boolean): string {
  if (job && !isOver(job)) return `${percentOf(job)}% ${name}`
  if (job && isNews && job.status === 'completed') return `Ready: ${name}`
  if (job && isNews && job.status === 'failed') return `Failed: ${name}`
  return `${name} – Framecast`
}
