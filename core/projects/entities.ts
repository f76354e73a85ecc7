/** Projects as rows. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core'

export const PROJECT_STATUSES = ['draft', 'rendering', 'completed', 'archived'] as const
export type ProjectStatus = (typeof PROJECT_STATUSES)[number]

export const ProjectSchema = defineEntity({
  name: 'Project',
  tableName: 'projects',
  properties: {
    id: p.uuid().primary(),
    teamId: p.uuid(),
    createdBy: p.uuid(),
    name: p.text(),
    status: p.text().$type<ProjectStatus>().default('draft'),
    spec: p.json().$type<Record<string, unknown>>().nullable(),
    specRevision: p.integer().default(1),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p.datetime().defaultRaw('now()'),
  },
})
export type Project = InferEntity<typeof ProjectSchema>
