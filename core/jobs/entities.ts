/** Jobs as rows. Steps have no entity: they only ever change by guarded SQL (steps.ts). */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { FailureType, JobError, JobOutput, JobProgress, JobStatus } from './types.ts'

export const JobSchema = defineEntity({
  name: 'Job',
  tableName: 'jobs',
  properties: {
    id: p.uuid().primary(),
    owner: p.text(),
    triggeredBy: p.uuid(),
    projectId: p.uuid().nullable(),
    status: p.text().$type<JobStatus>().default('queued'),
    specSnapshot: p.json().$type<Record<string, unknown>>(),
    options: p.json().$type<Record<string, unknown>>().default('{}'),
    engine: p.text(),
    progress: p.json().$type<JobProgress>().default('{}'),
    progressEventAt: p.datetime().nullable(),
    output: p.json().$type<JobOutput>().nullable(),
    outputSizeBytes: p.bigint('number').nullable(),
    error: p.json().$type<JobError>().nullable(),
    creditsCharged: p.integer().default(0),
    failureType: p.text().$type<FailureType>().nullable(),
    creditsRefunded: p.integer().default(0),
    idempotencyKey: p.text().nullable(),
    specRevision: p.integer().nullable(),
    startedAt: p.datetime().nullable(),
    completedAt: p.datetime().nullable(),
    lastEventSequence: p.bigint('number').default(0),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p.datetime().defaultRaw('now()'),
  },
})
export type Job = InferEntity<typeof JobSchema>

export const WatchLinkSchema = defineEntity({
  name: 'WatchLink',
  tableName: 'watch_links',
  properties: {
    id: p.uuid().primary(),
    jobId: p.uuid(),
    createdBy: p.uuid(),
    tokenHash: p.text(),
    expiresAt: p.datetime(),
    revokedAt: p.datetime().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
  },
})
