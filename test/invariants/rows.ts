/** Rows as plain SQL, for tests that go around the services. */
import { newId } from '../../core/platform/ids.ts'

export type Statement = [sql: string, values: unknown[]]
type Row = Record<string, unknown>

/** `insert` of one row; arrays and objects of jsonb columns are given as JSON text. */
export function insertInto(table: string, row: Row): Statement {
  const columns = Object.keys(row)
  return [
    `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')})`,
    Object.values(row),
  ]
}

const MINUTE_MS = 60_000
/** So many minutes from now; a time in the past is negative. */
export const inMinutes = (minutes: number): Date => new Date(Date.now() + minutes * MINUTE_MS)

const unique = (): string => newId().replaceAll('-', '')

/** A creator by default. */
export const userRow = (over: Row = {}): Row => ({
  id: newId(),
  email: `${unique()}@example.test`,
  tier: 'creator',
  upgraded_at: inMinutes(-10),
  ...over,
})

export const teamRow = (over: Row = {}): Row => ({
  id: newId(),
  name: 'Team',
  slug: `t-${unique()}`,
  ...over,
})

export const membershipRow = (teamId: string, userId: string, over: Row = {}): Row => ({
  id: newId(),
  team_id: teamId,
  user_id: userId,
  role: 'member',
  ...over,
})

export const invitationRow = (teamId: string, invitedBy: string, over: Row = {}): Row => ({
  id: newId(),
  team_id: teamId,
  invited_by: invitedBy,
  email: `${unique()}@example.test`,
  role: 'member',
  token: unique(),
  created_at: inMinutes(-60),
  expires_at: inMinutes(600),
  ...over,
})

/** A queued job. */
export const jobRow = (owner: string, triggeredBy: string, over: Row = {}): Row => ({
  id: newId(),
  owner,
  triggered_by: triggeredBy,
  spec_snapshot: '{}',
  engine: 'preview',
  created_at: inMinutes(-60),
  updated_at: inMinutes(-30),
  ...over,
})

/** What a completed job says besides. */
export const COMPLETED = {
  status: 'completed',
  output: '{}',
  output_size_bytes: 1,
  started_at: inMinutes(-50),
  completed_at: inMinutes(-40),
}
/** What a failed job says besides. */
export const FAILED = {
  status: 'failed',
  error: '{}',
  failure_type: 'system',
  started_at: inMinutes(-50),
  completed_at: inMinutes(-40),
}
/** What a canceled job says besides. */
export const CANCELED = { status: 'canceled', failure_type: 'canceled', completed_at: inMinutes(-40) }

export const keyRow = (userId: string, over: Row = {}): Row => ({
  id: newId(),
  user_id: userId,
  owner: `framecast:user:${userId}`,
  key_hash: unique(),
  ...over,
})

export const projectRow = (teamId: string, createdBy: string, over: Row = {}): Row => ({
  id: newId(),
  team_id: teamId,
  created_by: createdBy,
  name: 'Film',
  ...over,
})

export const assetRow = (owner: string, uploadedBy: string, over: Row = {}): Row => ({
  id: newId(),
  owner,
  uploaded_by: uploadedBy,
  filename: 'a.png',
  s3_key: unique(),
  content_type: 'image/png',
  size_bytes: 1,
  ...over,
})

export const webhookRow = (teamId: string, createdBy: string, over: Row = {}): Row => ({
  id: newId(),
  team_id: teamId,
  created_by: createdBy,
  url: 'https://hooks.example.test/',
  events: ['job.completed'],
  secret: 'sealed',
  ...over,
})

export const deliveryRow = (webhookId: string, over: Row = {}): Row => ({
  id: newId(),
  webhook_id: webhookId,
  event_type: 'job.completed',
  payload: '{}',
  ...over,
})

export const usageRow = (owner: string, over: Row = {}): Row => ({
  id: newId(),
  owner,
  period: '2020-01',
  ...over,
})

export const soundRow = (over: Row = {}): Row => ({
  id: `asset_sfx_${unique()}`,
  category: 'sfx',
  name: 'Door',
  description: 'A door',
  s3_key: unique(),
  content_type: 'audio/wav',
  size_bytes: 1,
  ...over,
})
