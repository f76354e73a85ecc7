/** Operations on webhooks and their deliveries. */
import { DELIVERY_EVENTS, DELIVERY_STATUSES } from '../../core/webhooks/events.ts'
import type { Webhook, WebhookDelivery, WebhookRequest, WebhookSecret } from '../../schemas/types.ts'
import { JOB_ID } from './examples.ts'
import { CURSOR, NEXT_PAGE, PAGE, pageOf } from './jobs.ts'
import { type Access, id, json, type Operation, query, type Refusal } from './operation.ts'

const TEAM_ID = '01a1fd5b-e1a4-7a38-a9f5-5d3c1d64f5a7'
const WEBHOOK_ID = '01a1fd5e-02c6-7f0c-8a41-3f6d0c8e1b52'
const DELIVERY_ID = '01a1fd5e-5b1d-70a2-b8a6-0f3c6f2d9e11'

const webhook: Webhook = {
  id: WEBHOOK_ID,
  team_id: TEAM_ID,
  created_by: '01a1fd5b-d836-765b-a1ea-5a8831b75f8f',
  url: 'https://pipeline.studio.example/hooks/framecast',
  events: ['job.completed', 'job.failed'],
  is_active: true,
  last_triggered_at: null,
  created_at: '2026-11-21T09:10:02.118Z',
  updated_at: '2026-11-21T09:10:02.118Z',
}
const request: WebhookRequest = { url: webhook.url, events: ['job.completed', 'job.failed'] }
const withSecret: WebhookSecret = {
  webhook,
  secret: '5f0d7c1a9be24863a1c7e0f94d2b8856c3fe17a09d64b2e85f01c9a37d6e42b8',
}
const tested: WebhookDelivery = {
  id: DELIVERY_ID,
  webhook_id: WEBHOOK_ID,
  job_id: null,
  event_type: 'webhook.test',
  status: 'delivered',
  payload: {
    event: 'webhook.test',
    timestamp: '2026-11-21T09:10:24.733Z',
    delivery_id: DELIVERY_ID,
    webhook: { id: WEBHOOK_ID, team_id: TEAM_ID },
  },
  response_status: 204,
  response_body: '',
  attempts: 1,
  max_attempts: 1,
  next_retry_at: null,
  delivered_at: '2026-11-21T09:10:24.801Z',
  created_at: '2026-11-21T09:10:24.734Z',
  request_headers: {
    'content-type': 'application/json',
    'user-agent': 'Framecast-Webhooks/1',
    'x-webhook-delivery-id': DELIVERY_ID,
    'x-webhook-timestamp': '1795252224',
    'x-webhook-signature': 'sha256=0d5c9ea3f1b7',
    'webhook-id': DELIVERY_ID,
    'webhook-timestamp': '1795252224',
    'webhook-signature': 'v1,Q2Fubm90IGJlIHRydWU=',
  },
  response_ms: 84,
}
const failed: WebhookDelivery = {
  ...tested,
  job_id: JOB_ID,
  event_type: 'job.failed',
  status: 'failed',
  payload: {
    event: 'job.failed',
    timestamp: '2026-11-21T09:12:40.020Z',
    delivery_id: DELIVERY_ID,
    job: {
      id: JOB_ID,
      status: 'failed',
      failure_type: 'system',
      error: { code: 'generation_failed', message: 'the engine gave no film', scene_id: 'lamp' },
      progress: { phase: 'generating', percent: 45.2, scenes_completed: 1 },
      credits_charged: 7,
      credits_refunded: 7,
      completed_at: '2026-11-21T09:12:40.020Z',
    },
  },
  response_status: 404,
  response_body: 'no such hook',
  max_attempts: 5,
  delivered_at: null,
}

const READ: Access = { kind: 'key', scopes: ['webhooks:read'], creatorsOnly: true }
const WRITE: Access = { kind: 'key', scopes: ['webhooks:write'], creatorsOnly: true }
const TEAM = id('id', 'team', TEAM_ID)
const WEBHOOK = id('id', 'webhook', WEBHOOK_ID)

const ROLE: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'The caller is neither owner nor administrator of the team.',
  text: 'the role member may not use webhooks',
}
const NO_WEBHOOK: Refusal = {
  code: 'NOT_FOUND',
  when: 'There is no such webhook within the caller’s reach.',
  text: 'no such webhook',
}
const ADDRESS: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'The address is none that may be called, or an event is unknown or named twice.',
  text: 'url cannot be used: it leads to an address that is not public',
}
const INACTIVE: Refusal = {
  code: 'CONFLICT',
  when: 'The webhook is inactive.',
  text: 'the webhook is inactive; activate it first',
}
const QUERY: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'A query value is wrong.',
  text: 'limit must be a whole number',
}
export const webhookOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/teams/{id}/webhooks',
    operationId: 'listWebhooks',
    summary: 'List webhooks',
    description: 'Webhooks of a team, newest first.',
    tag: 'Webhooks',
    access: READ,
    parameters: [TEAM, ...pageOf(100), CURSOR],
    replies: [{ ...json(200, 'A page of webhooks.', ['webhook'], [webhook]), headers: NEXT_PAGE }],
    refusals: [QUERY, ROLE],
  },
  {
    method: 'post',
    path: '/v1/teams/{id}/webhooks',
    operationId: 'createWebhook',
    summary: 'Make a webhook',
    description:
      'Events of the team’s renders are sent to `url` from now on. The secret signs what is sent; it is told here only. A team has at most 20.',
    tag: 'Webhooks',
    access: WRITE,
    parameters: [TEAM],
    body: {
      description: 'Where to, and what of.',
      required: true,
      content: [{ type: 'application/json', schema: 'webhook-request', example: request }],
    },
    replies: [json(201, 'The webhook with its secret.', 'webhook-secret', withSecret)],
    refusals: [
      ADDRESS,
      ROLE,
      { code: 'CONFLICT', when: 'The team has 20 webhooks.', text: 'a team has at most 20 webhooks' },
    ],
  },
  {
    method: 'get',
    path: '/v1/webhooks/{id}',
    operationId: 'getWebhook',
    summary: 'Read a webhook',
    tag: 'Webhooks',
    access: READ,
    parameters: [WEBHOOK],
    replies: [json(200, 'The webhook.', 'webhook', webhook)],
    refusals: [NO_WEBHOOK, ROLE],
  },
  {
    method: 'patch',
    path: '/v1/webhooks/{id}',
    operationId: 'updateWebhook',
    summary: 'Change a webhook',
    description: 'What waits to be sent goes to the new address; an inactive webhook gets nothing.',
    tag: 'Webhooks',
    access: WRITE,
    parameters: [WEBHOOK],
    body: {
      description: 'What is to change.',
      required: true,
      content: [
        { type: 'application/json', schema: 'webhook-change-request', example: { is_active: false } },
      ],
    },
    replies: [json(200, 'The webhook as it is now.', 'webhook', { ...webhook, is_active: false })],
    refusals: [ADDRESS, NO_WEBHOOK, ROLE],
  },
  {
    method: 'delete',
    path: '/v1/webhooks/{id}',
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook',
    description: 'Together with its deliveries.',
    tag: 'Webhooks',
    access: WRITE,
    parameters: [WEBHOOK],
    replies: [{ status: 204, description: 'It is gone.' }],
    refusals: [NO_WEBHOOK, ROLE],
  },
  {
    method: 'post',
    path: '/v1/webhooks/{id}/rotate-secret',
    operationId: 'rotateWebhookSecret',
    summary: 'Change the secret',
    description: 'The one before signs nothing any more, at once. Attempts under way may still carry it.',
    tag: 'Webhooks',
    access: WRITE,
    parameters: [WEBHOOK],
    replies: [json(200, 'The webhook with its new secret.', 'webhook-secret', withSecret)],
    refusals: [NO_WEBHOOK, ROLE],
  },
  {
    method: 'post',
    path: '/v1/webhooks/{id}/test',
    operationId: 'testWebhook',
    summary: 'Send a test',
    description: 'One attempt, made at once; the reply tells what became of it, good or bad.',
    tag: 'Webhooks',
    access: WRITE,
    parameters: [WEBHOOK],
    replies: [json(200, 'The delivery after its attempt.', 'webhook-delivery', tested)],
    refusals: [NO_WEBHOOK, ROLE, INACTIVE],
  },
  {
    method: 'get',
    path: '/v1/webhooks/{id}/deliveries',
    operationId: 'listWebhookDeliveries',
    summary: 'List deliveries',
    description: 'What was sent and what became of it, newest first. Kept for 30 days.',
    tag: 'Webhooks',
    access: READ,
    parameters: [
      WEBHOOK,
      query('status', 'Deliveries of this status alone.', { enum: DELIVERY_STATUSES }),
      query('event_type', 'Deliveries of this event alone.', { enum: DELIVERY_EVENTS }),
      query('created_after', 'Of events after this time.', { type: 'string', format: 'date-time' }),
      query('created_before', 'Of events before this time.', { type: 'string', format: 'date-time' }),
      ...PAGE,
      CURSOR,
    ],
    replies: [{ ...json(200, 'A page of deliveries.', ['webhook-delivery'], [failed]), headers: NEXT_PAGE }],
    refusals: [QUERY, NO_WEBHOOK, ROLE],
  },
  {
    method: 'post',
    path: '/v1/webhook-deliveries/{id}/retry',
    operationId: 'retryWebhookDelivery',
    summary: 'Send a failed delivery again',
    description: 'With all its attempts, under the same delivery id.',
    tag: 'Webhooks',
    access: WRITE,
    parameters: [id('id', 'delivery', DELIVERY_ID)],
    replies: [
      json(200, 'The delivery, pending.', 'webhook-delivery', {
        ...failed,
        status: 'pending',
        attempts: 0,
        next_retry_at: '2026-11-21T09:30:00.000Z',
      }),
    ],
    refusals: [
      {
        ...NO_WEBHOOK,
        when: 'There is no such delivery within the caller’s reach.',
        text: 'no such delivery',
      },
      ROLE,
      INACTIVE,
      { code: 'CONFLICT', when: 'It has not failed.', text: 'only a failed delivery can be tried again' },
    ],
  },
]
