/** Operations to follow a job while it is made, and to let others do so. */
import type { WebSocketCommand, WebSocketMessage } from '../../schemas/types.ts'
import * as example from './examples.ts'
import { NO_JOB } from './jobs.ts'
import { id, json, type Operation, type Refusal } from './operation.ts'

const JOB = id('id', 'job', example.JOB_ID)
const LINK = id('link_id', 'link', example.LINK_ID)

const CLOSING: Refusal = {
  code: 'SERVICE_UNAVAILABLE',
  when: 'This server is going away; come back after `Retry-After`.',
  text: 'this server is going away',
}
const tooMany = (limit: number): Refusal => ({
  code: 'RATE_LIMIT_EXCEEDED',
  when: `The caller has ${limit} of these open.`,
  text: `${limit} streams are open already; close one first`,
})

const EVENT_STREAM = `retry: 2000

id: ${example.JOB_ID}:1
event: queued
data: {}

id: ${example.JOB_ID}:8
event: progress
data: ${JSON.stringify(example.progress)}

id: ${example.JOB_ID}:9
event: scene_complete
data: ${JSON.stringify(example.sceneComplete)}

id: ${example.JOB_ID}:20
event: completed
data: {"duration":6.5,"resolution":"854x480","size_bytes":281311}

`

const EVENTS_TEXT = `Server-sent events: everything that is stored of the job from its first event on, then what happens, in order and
without gaps. After \`completed\`, \`failed\` or \`canceled\` the server ends the stream. Events are kept for 7 days.

Each has the id \`<job_id>:<sequence>\`, the name of its \`event_type\`, and its payload as JSON on one line: see the
schema JobEvent. \`progress\` comes at most once a second. A comment comes every 15 s when nothing else does.

To go on after a break, send the last id as \`Last-Event-ID\` (EventSource does so by itself). Delivery is at least
once: leave out what you have by its id.`

const CHANNEL = `job:${example.JOB_ID}`
const SUBSCRIBE: WebSocketCommand = { type: 'subscribe', id: '1', channel: CHANNEL, after: 0 }
const ACK: WebSocketMessage = { type: 'ack', id: '1', channel: CHANNEL, subscribed: true, last_sequence: 20 }

const PROJECT_CHANNEL = `project:${example.PROJECT_ID}`
const SPEC_CHANGED: WebSocketMessage = {
  type: 'spec_changed',
  channel: PROJECT_CHANNEL,
  revision: 4,
  by: example.USER_ID,
}
const ENGINE_HEALTH: WebSocketMessage = {
  type: 'engine.health',
  channel: 'engines',
  slug: 'comfyui-gpu-02-8188',
  state: 'down',
  drain: false,
  last_error: 'gpu-02:8188 does not answer',
}
const PRESENCE: WebSocketMessage = { type: 'presence', channel: PROJECT_CHANNEL, users: [example.USER_ID] }

const WEBSOCKET_TEXT = `One socket for up to 50 channels. Text frames, one JSON object each: the client sends WebSocketCommand, the
server WebSocketMessage. Offer the subprotocol \`framecast.v1\`; it is said back.

The credential, first found: header \`Authorization\`; the subprotocol \`bearer.<key>\` beside \`framecast.v1\`; query
\`ticket\` (see createTicket) for clients that can set neither; the subprotocol \`watch.<token>\`, which opens the channel of
its own job; the session's cookie, for pages of an allowed origin.

\`${JSON.stringify(SUBSCRIBE)}\` is answered by \`${JSON.stringify(ACK)}\` with the job's newest sequence,
then by every event after \`after\`, then live ones. Without \`after\`: live ones alone. More than 1000 events behind, or events that
are no longer stored, is the error GONE: read the job, then subscribe without \`after\`. On a new socket, subscribe with
the last sequence you have.

A channel is \`job:<id>\`, \`project:<id>\` with the events of all jobs of a project, or \`team:<id>\` with those of the
team's jobs and of one's own private ones in it. The last two need the scope \`projects:read\`. There \`after\` is the \`position\` of
the last event, and the answer has \`last_position\`. An event that two channels match comes once in each: leave out what
you have by job and sequence. Whoever leaves the team gets the error FORBIDDEN with the channel within a minute.

On project channels also: \`${JSON.stringify(SPEC_CHANGED)}\` when somebody saved another storyboard, and
\`${JSON.stringify(PRESENCE)}\` with who follows the project, after subscribing and whenever that changes. Neither is replayed.

The channel \`engines\` is open to every user and tells when a server of the engines changes its health, or is drained or resumed:
\`${JSON.stringify(ENGINE_HEALTH)}\`. Subscribe, then read the engines.

A reader that is too slow loses \`progress\` events first, and is told so by \`lagged\`. At most 20 messages a second. The
server pings every 30 s. Close codes: 1001 the server restarts (come back after 1 to 10 s), 1003 binary frame, 1008 too
many messages, 1009 frame above 16 KiB, 1011 fault, 1013 too slow or database away, 4401 credential ended, 4408 silent for 75 s.`

export const liveOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/jobs/{id}/events',
    operationId: 'streamJobEvents',
    summary: 'Follow a job by server-sent events',
    description: EVENTS_TEXT,
    tag: 'Live',
    access: { kind: 'key', scopes: ['jobs:read'], watchers: true },
    parameters: [
      JOB,
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'Id of the last event received: the stream goes on after it.',
        schema: { type: 'string' },
        example: `${example.JOB_ID}:8`,
      },
      {
        name: 'last_event_id',
        in: 'query',
        description: 'The same, where the header cannot be set.',
        schema: { type: 'string' },
      },
    ],
    replies: [
      {
        status: 200,
        description: 'The stream.',
        content: {
          type: 'text/event-stream',
          schema: { type: 'string' },
          examples: { stream: { summary: 'Some events of a short render', value: EVENT_STREAM } },
        },
      },
    ],
    refusals: [
      NO_JOB,
      {
        code: 'GONE',
        when: 'Events after Last-Event-ID are no longer stored; read the job.',
        text: 'these events are no longer stored; read the job instead',
      },
      tooMany(20),
      CLOSING,
    ],
  },
  {
    method: 'get',
    path: '/v1/ws',
    operationId: 'openWebSocket',
    summary: 'Follow jobs, projects, teams and engines by WebSocket',
    description: WEBSOCKET_TEXT,
    tag: 'Live',
    access: { kind: 'websocket' },
    replies: [
      {
        status: 101,
        description: 'The socket is open.',
        headers: { 'Sec-WebSocket-Protocol': '`framecast.v1`, when it was offered.' },
      },
    ],
    refusals: [
      {
        code: 'UPGRADE_REQUIRED',
        when: 'The request does not ask for a WebSocket.',
        text: 'this address speaks WebSocket',
      },
      tooMany(10),
      CLOSING,
    ],
  },
  {
    method: 'post',
    path: '/v1/ws/tickets',
    operationId: 'createTicket',
    summary: 'Make a ticket for one WebSocket',
    description:
      'For clients that can set neither header nor subprotocol. It carries the caller’s rights, opens one socket, and ends after 30 s.',
    tag: 'Live',
    access: { kind: 'key', scopes: [] },
    replies: [json(201, 'The ticket.', 'ticket', example.ticket)],
  },
  {
    method: 'post',
    path: '/v1/jobs/{id}/watch-links',
    operationId: 'createWatchLink',
    summary: 'Make a link to a job’s live page',
    description:
      'For people without an account: it opens this job alone, and only to look at it. The page sends the token as `Authorization: Watch <token>`.',
    tag: 'Watch links',
    access: { kind: 'key', scopes: ['jobs:read'] },
    parameters: [JOB],
    body: {
      description: 'How long it holds.',
      required: false,
      content: [{ type: 'application/json', schema: 'watch-link-request', example: { expires_in: 86_400 } }],
    },
    replies: [json(201, 'The link. Its token is shown this once.', 'new-watch-link', example.newWatchLink)],
    refusals: [NO_JOB],
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}/watch-links',
    operationId: 'listWatchLinks',
    summary: 'List the links of a job',
    description: 'The newest hundred, ended ones included, without their tokens.',
    tag: 'Watch links',
    access: { kind: 'key', scopes: ['jobs:read'] },
    parameters: [JOB],
    replies: [json(200, 'The links, newest first.', ['watch-link'], example.watchLinks)],
    refusals: [NO_JOB],
  },
  {
    method: 'delete',
    path: '/v1/jobs/{id}/watch-links/{link_id}',
    operationId: 'revokeWatchLink',
    summary: 'Revoke a link',
    description: 'Pages that are open on it end within a minute.',
    tag: 'Watch links',
    access: { kind: 'key', scopes: ['jobs:write'] },
    parameters: [JOB, LINK],
    replies: [{ status: 204, description: 'It opens nothing any more.' }],
    refusals: [
      {
        code: 'NOT_FOUND',
        when: 'There is no such job, or no such link that still holds.',
        text: 'no such link',
      },
    ],
  },
]
