/** The sample film that a studio begins with: drawn by the preview engine, at no cost, and played as soon as it is there. */
import { ask, type Job, type Project } from './api/client.ts'
import { queries } from './queries.ts'

/** Name of the project that comes with an account. */
export const SAMPLE = 'Welcome to Framecast'

/** Has the animatic of the sample drawn. Asked for twice, it is drawn once. */
export async function drawSample(project: Pick<Project, 'id'>): Promise<Job> {
  const job = await ask((api, signal) =>
    api.POST('/v1/projects/{id}/render', {
      params: { path: { id: project.id }, header: { 'Idempotency-Key': `sample-${project.id}` } },
      body: { options: { engine: 'preview' } },
      signal,
    }),
  )
  await Promise.all(
    ['teams', 'jobs-of'].map((first) => queries.invalidateQueries({ queryKey: [first], exact: false })),
  )
  return job
}

let awaited: string | null = null

/** The film of this job plays by itself, once, when it comes. */
export function playWhenThere(jobId: string): void {
  awaited = jobId
}

/** Whether the film of this job is the one that is to play by itself; true once. */
export function takeFirstPlay(jobId: string): boolean {
  const isAwaited = awaited === jobId
  if (isAwaited) awaited = null
  return isAwaited
}
