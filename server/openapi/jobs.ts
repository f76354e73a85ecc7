/** Operations on renders. */
import { JOB_STATUSES } from '../../core/jobs/types.ts'
import * as example from './examples.ts'
import { id, json, type Operation, type Parameter, query, type Refusal, type Reply } from './operation.ts'
import { OWNER_REFUSAL, SPEC_REFUSAL, storyboardBody, YAML_OPTIONS, YAML_OWNER } from './storyboards.ts'

const JOB = id('id', 'job', example.JOB_ID)
export const NO_JOB: Refusal = {
  code: 'NOT_FOUND',
  when: 'There is no such job within the caller’s reach.',
  text: 'no such job',
}

export const IDEMPOTENCY_KEY: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'The same caller and key get the job made first, whatever the request says then. `idempotency_key` in a JSON body goes before it. Keys hold as long as their job exists.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  example: 'lamp-take-1',
}

/** @param limit rows on a page unless the caller says otherwise */
export const pageOf = (limit: number): readonly Parameter[] => [
  query('limit', 'Rows on a page. Other numbers are taken as the nearest of these.', {
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: limit,
  }),
  query('offset', 'Rows to leave out before the page; ignored when a cursor is given.', {
    type: 'integer',
    minimum: 0,
    default: 0,
  }),
]
export const PAGE = pageOf(20)
export const CURSOR = query('cursor', 'Where the page begins: `X-Next-Cursor` of the page before.', {
  type: 'string',
})
export const NEXT_PAGE = {
  'X-Next-Cursor': 'Cursor of the next page; absent on the last one.',
  Link: 'Address of the next page, `rel="next"`; absent on the last one.',
}

const LOCATION = { Location: 'Path of the job.' }
/** Replies of operations that make a job; `over` is what sets its jobs apart. */
export const accepted = (description: string, over: object = {}): readonly Reply[] => [
  { ...json(201, description, 'job', { ...example.queuedJob, ...over }), headers: LOCATION },
  {
    ...json(200, 'The job made first under this idempotency key.', 'job', {
      ...example.completedJob,
      ...over,
    }),
    headers: LOCATION,
  },
]
export const NOT_READY: Refusal = {
  code: 'CONFLICT',
  when: 'A clip that is not known would have to be rendered, which `options.cache` (`reason` is `cache_miss`) or `options.scenes` (`scenes_not_ready`) rules out. `details.scenes` names the scenes.',
  text: 'options.cache is "only", and these scenes would have to be rendered: harbor',
}
export const BUSY: Refusal = {
  code: 'CONFLICT',
  when: 'Too many renders are active: one of a starter, five of an owner.',
  text: 'this owner has five active renders; wait for one or cancel it',
}
export const QUOTA: Refusal = {
  code: 'STORAGE_QUOTA_EXCEEDED',
  when: 'The owner keeps more than its limit already.',
  text: '5368712345 of 5368709120 bytes are in use; delete films or files first',
}
export const BALANCE: Refusal = {
  code: 'INSUFFICIENT_CREDITS',
  when: 'The balance cannot pay for it, where credits are enforced.',
  text: 'this render needs 7 credits, and the balance is lower',
}

export const jobOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/generate',
    operationId: 'generate',
    summary: 'Render a storyboard',
    description:
      'Checks, in this order: body, owner, idempotency key, options and storyboard, quota, concurrency, credits. Job, charge and first event are stored together or not at all.',
    tag: 'Jobs',
    access: { kind: 'key', scopes: ['generate'] },
    parameters: [IDEMPOTENCY_KEY, YAML_OWNER, ...YAML_OPTIONS],
    shapeStatus: 422,
    body: storyboardBody('generate-request', {
      spec: example.storyboard,
      options: { resolution: '480p', engine: 'preview' },
      idempotency_key: 'lamp-take-1',
    }),
    replies: accepted('The new job, queued.'),
    refusals: [SPEC_REFUSAL, OWNER_REFUSAL, QUOTA, NOT_READY, BUSY, BALANCE],
  },
  {
    method: 'get',
    path: '/v1/jobs',
    operationId: 'listJobs',
    summary: 'List jobs',
    description: 'Jobs of every owner within reach, newest first.',
    tag: 'Jobs',
    access: { kind: 'key', scopes: ['jobs:read'] },
    parameters: [
      query('status', 'Jobs of this status alone.', { enum: JOB_STATUSES }),
      query('owner', 'Jobs of this owner URN alone; none when it is out of reach.', { type: 'string' }),
      query('project_id', 'Jobs of this project alone.', { type: 'string', format: 'uuid' }),
      query('created_after', 'Jobs made later than this.', { type: 'string', format: 'date-time' }),
      query('created_before', 'Jobs made earlier than this.', { type: 'string', format: 'date-time' }),
      query(
        'include',
        '`standing` adds the engine, and of active jobs what they wait for and who works on them.',
        {
          enum: ['standing'],
        },
      ),
      ...PAGE,
      CURSOR,
    ],
    replies: [{ ...json(200, 'A page of jobs.', ['job'], [example.completedJob]), headers: NEXT_PAGE }],
    refusals: [
      { code: 'VALIDATION_ERROR', when: 'A query value is wrong.', text: 'limit must be a whole number' },
    ],
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}',
    operationId: 'getJob',
    summary: 'Read a job',
    description: 'Links in it hold for an hour.',
    tag: 'Jobs',
    access: { kind: 'key', scopes: ['jobs:read'], watchers: true },
    parameters: [
      JOB,
      query(
        'include',
        '`standing` adds the engine, and of active jobs what they wait for and who works on them.',
        {
          enum: ['standing'],
        },
      ),
    ],
    replies: [json(200, 'The job.', 'job', example.completedJob)],
    refusals: [
      NO_JOB,
      { code: 'VALIDATION_ERROR', when: 'include is something else.', text: 'include must be standing' },
    ],
  },
  {
    method: 'post',
    path: '/v1/jobs/{id}/cancel',
    operationId: 'cancelJob',
    summary: 'Cancel a job',
    description:
      'Stops an active job and gives back the credits of what was not done. Whoever started it may do so, and who administers its team; to everybody else it is as if it were not there.',
    tag: 'Jobs',
    access: { kind: 'key', scopes: ['jobs:write'] },
    parameters: [JOB],
    replies: [
      json(200, 'The job, canceled.', 'job', {
        ...example.queuedJob,
        status: 'canceled',
        failure_type: 'canceled',
        completed_at: '2026-11-21T09:07:31.120Z',
        updated_at: '2026-11-21T09:07:31.120Z',
      }),
    ],
    refusals: [
      NO_JOB,
      { code: 'CONFLICT', when: 'The job is finished.', text: 'the job is finished already' },
    ],
  },
  {
    method: 'post',
    path: '/v1/jobs/{id}/clone',
    operationId: 'cloneJob',
    summary: 'Render a finished job again',
    description:
      'A new job with the same storyboard and options. Clips that the owner has already are used again.',
    tag: 'Jobs',
    access: { kind: 'key', scopes: ['jobs:write'] },
    parameters: [JOB, IDEMPOTENCY_KEY],
    shapeStatus: 422,
    body: {
      description: 'Whom the new job belongs to.',
      required: false,
      content: [
        { type: 'application/json', schema: 'clone-request', example: { owner: example.queuedJob.owner } },
      ],
    },
    replies: accepted('The new job, queued.'),
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'The job is still active, or its storyboard is no longer valid.',
        text: 'only a finished job can be cloned; this one is still active',
      },
      NO_JOB,
      OWNER_REFUSAL,
      QUOTA,
      NOT_READY,
      BUSY,
      BALANCE,
    ],
  },
  {
    method: 'delete',
    path: '/v1/jobs/{id}',
    operationId: 'deleteJob',
    summary: 'Delete a finished job',
    description:
      'Job, events and film go. Clips stay: other jobs may use them. In a team, administrators delete any, and members those they started.',
    tag: 'Jobs',
    access: { kind: 'key', scopes: ['jobs:write'] },
    parameters: [JOB],
    replies: [{ status: 204, description: 'It is gone.' }],
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'The job is still active, or belongs to a project.',
        text: 'only a finished job can be deleted; cancel it first',
      },
      NO_JOB,
      {
        code: 'AUTHORIZATION_ERROR',
        when: 'The caller’s role in the team does not allow it.',
        text: 'your role may delete only the jobs you started',
      },
    ],
  },
]
