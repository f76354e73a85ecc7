/** Operations on what was made already. */
import { CACHE_STAGES } from '../../core/jobs/content-cache.ts'
import type { CachedStage, Evicted } from '../../schemas/types.ts'
import * as example from './examples.ts'
import { id, json, type Operation, query, type Refusal } from './operation.ts'

const TEAM = id('id', 'team', example.TEAM_ID)
const OF_STAGE = query('stage', 'Entries of this stage alone.', { enum: CACHE_STAGES })
const OLDER_THAN = query(
  'older_than',
  'Entries that were not used for so long: `30d`, `12h`, `90m`. Default: all.',
  {
    type: 'string',
    pattern: '^\\d{1,5}[dhm]$',
  },
)

const stages: CachedStage[] = [
  {
    stage: 'clip',
    entries: 212,
    bytes: 391_204_112,
    hits: 1_840,
    oldest_created_at: '2026-10-29T16:20:11.090Z',
    last_used_at: '2026-11-21T09:07:25.406Z',
  },
  { stage: 'film', entries: 0, bytes: 0, hits: 0, oldest_created_at: null, last_used_at: null },
]
const evicted: Evicted = { entries: 31, bytes: 52_100_433 }

const SUMMARY = json(200, 'Every stage.', ['cached-stage'], stages)
const GONE = json(200, 'What was let go; its objects follow.', 'evicted', evicted)
const LET_GO =
  'Entries that nothing needs: what an unfinished job counts on, what the output of a finished job shows, and what was used in the last five minutes stays. What is needed again later is made again.'
const NO_MEMBER: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'The caller is not a member of the team, or there is no such team.',
  text: 'you are not a member of this team',
}
const BAD_QUERY: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'A query value is wrong.',
  text: 'older_than must be an age such as 30d, 12h or 90m',
}

export const cacheOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/teams/{id}/cache',
    operationId: 'readTeamCache',
    summary: 'See what a team has made already',
    description: 'Clips, lines of speech, joins, sound and films that renders of the team reuse.',
    tag: 'Cache',
    access: { kind: 'key', scopes: ['projects:read'], creatorsOnly: true },
    parameters: [TEAM],
    replies: [SUMMARY],
    refusals: [NO_MEMBER],
  },
  {
    method: 'delete',
    path: '/v1/teams/{id}/cache',
    operationId: 'evictTeamCache',
    summary: 'Let go of what a team has made',
    description: LET_GO,
    tag: 'Cache',
    access: { kind: 'key', scopes: ['projects:write'], creatorsOnly: true },
    parameters: [TEAM, OF_STAGE, OLDER_THAN],
    replies: [GONE],
    refusals: [
      BAD_QUERY,
      {
        code: 'AUTHORIZATION_ERROR',
        when: 'The caller is no member, or no administrator, or there is no such team.',
        text: 'the role member may not do this',
      },
    ],
  },
  {
    method: 'get',
    path: '/v1/account/cache',
    operationId: 'readAccountCache',
    summary: 'See what one has made already',
    description: 'The same for work outside of teams.',
    tag: 'Cache',
    access: { kind: 'session' },
    replies: [SUMMARY],
  },
  {
    method: 'delete',
    path: '/v1/account/cache',
    operationId: 'evictAccountCache',
    summary: 'Let go of what one has made',
    description: LET_GO,
    tag: 'Cache',
    access: { kind: 'session' },
    parameters: [OF_STAGE, OLDER_THAN],
    replies: [GONE],
    refusals: [BAD_QUERY],
  },
]
