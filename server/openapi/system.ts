/** Operations about the installation itself, its documents, its live page and its media. */
import * as example from './examples.ts'
import { type Operation, type Parameter, query, type Refusal, type Reply, text } from './operation.ts'
import { OUR_FAULTS } from './responses.ts'
import { INVITATION_ID } from './team-examples.ts'

const PUBLIC = { kind: 'public' } as const

const name = (key: string, description: string, value: string): Parameter => ({
  name: key,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
  example: value,
})

const ETAG = { ETag: 'Version of the document; send it as `If-None-Match`.' }
const UNCHANGED: Reply = { status: 304, description: 'Not changed since the version in `If-None-Match`.' }

const unavailable = (when: string, said: string): Refusal => ({
  code: 'SERVICE_UNAVAILABLE',
  when,
  text: said,
})
const DATABASE_AWAY = unavailable('The database does not answer.', 'the database does not answer')

const file = (description: string, type: string, headers: Reply['headers'] = {}): Reply => ({
  status: 200,
  description,
  headers,
  content: { type, schema: {}, examples: {} },
})

export const systemOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/',
    operationId: 'getVersion',
    summary: 'Name and version',
    description: 'Browsers, which ask for text/html, get the studio instead.',
    tag: 'System',
    access: PUBLIC,
    replies: [text('Name and version.', 'Framecast API v0.1.0'), UNCHANGED],
  },
  {
    method: 'get',
    path: '/sign-in',
    operationId: 'getSignInPage',
    summary: 'The studio: signing in',
    description: 'One page serves all addresses of the studio; what it shows is decided in the browser.',
    tag: 'System',
    access: PUBLIC,
    replies: [file('The page.', 'text/html', ETAG), UNCHANGED],
  },
  {
    method: 'get',
    path: '/engines',
    operationId: 'getEnginesPage',
    summary: 'The studio: engines',
    tag: 'System',
    access: PUBLIC,
    replies: [file('The page.', 'text/html', ETAG), UNCHANGED],
  },
  {
    method: 'get',
    path: '/engines/{path}',
    operationId: 'getEnginePage',
    summary: 'The studio: one engine',
    tag: 'System',
    access: PUBLIC,
    parameters: [name('path', 'Slug of the engine.', 'comfyui-gpu-01-8188')],
    replies: [file('The page.', 'text/html', ETAG), UNCHANGED],
    refusals: [
      { code: 'NOT_FOUND', when: 'The address ends in a slash.', text: 'there is nothing at this address' },
    ],
  },
  {
    method: 'get',
    path: '/t/{path}',
    operationId: 'getStudioPage',
    summary: 'The studio: pages of a team',
    tag: 'System',
    access: PUBLIC,
    parameters: [name('path', 'Team, and what of it; slashes are part of it.', 'northlight')],
    replies: [file('The page.', 'text/html', ETAG), UNCHANGED],
    refusals: [
      { code: 'NOT_FOUND', when: 'The address ends in a slash.', text: 'there is nothing at this address' },
    ],
  },
  {
    method: 'get',
    path: '/account',
    operationId: 'getAccountPage',
    summary: 'The studio: one’s own account',
    tag: 'System',
    access: PUBLIC,
    replies: [file('The page.', 'text/html', ETAG), UNCHANGED],
  },
  {
    method: 'get',
    path: '/account/{path}',
    operationId: 'getAccountPages',
    summary: 'The studio: one’s keys and sessions',
    tag: 'System',
    access: PUBLIC,
    parameters: [name('path', 'What of the account.', 'keys')],
    replies: [file('The page.', 'text/html', ETAG), UNCHANGED],
    refusals: [
      { code: 'NOT_FOUND', when: 'The address ends in a slash.', text: 'there is nothing at this address' },
    ],
  },
  {
    method: 'get',
    path: '/studio/assets/{name}',
    operationId: 'getStudioAsset',
    summary: 'A file of the studio',
    description: 'The name changes with the file, so it may be kept for good.',
    tag: 'System',
    access: PUBLIC,
    parameters: [name('name', 'Name of the file.', 'index-D4QkzKhJ.js')],
    replies: [file('Script, style, picture or font.', '*/*', ETAG), UNCHANGED],
    refusals: [{ code: 'NOT_FOUND', when: 'There is no such file.', text: 'no such file' }],
  },
  {
    method: 'get',
    path: '/health',
    operationId: 'getHealth',
    summary: 'Whether the server is alive',
    description: 'For whoever restarts it when this stays bad.',
    tag: 'System',
    access: PUBLIC,
    replies: [text('Alive, and the database answers.', 'OK')],
    refusals: [DATABASE_AWAY],
  },
  {
    method: 'get',
    path: '/ready',
    operationId: 'getReadiness',
    summary: 'Whether to send requests here',
    description: 'For load balancers: 503 from the moment the server begins to go.',
    tag: 'System',
    access: PUBLIC,
    replies: [text('Send requests here.', 'READY')],
    refusals: [
      unavailable('The server is going, the database is away, or not migrated.', 'this server is going away'),
    ],
  },
  {
    method: 'get',
    path: '/v1/status',
    operationId: 'getStatus',
    summary: 'How the installation is doing',
    tag: 'System',
    access: { kind: 'key', scopes: [] },
    replies: [
      {
        status: 200,
        description: 'Its parts, its queue, its workers. 200 also when parts are down.',
        content: {
          type: 'application/json',
          schema: 'status',
          examples: { reply: { summary: 'All is well', value: example.status } },
        },
      },
    ],
  },
  {
    method: 'get',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'This document',
    tag: 'System',
    access: PUBLIC,
    replies: [file('The document.', 'application/json', ETAG), UNCHANGED],
  },
  {
    method: 'get',
    path: '/docs',
    operationId: 'getDocs',
    summary: 'This document, to read and to try',
    description: 'Works without the internet. Keys and tokens that are entered there stay in the page.',
    tag: 'System',
    access: PUBLIC,
    replies: [file('The page.', 'text/html', ETAG), UNCHANGED],
  },
  {
    method: 'get',
    path: '/docs/assets/{version}/{name}',
    operationId: 'getDocsAsset',
    summary: 'A file of that page',
    tag: 'System',
    access: PUBLIC,
    parameters: [
      name('version', 'Version that the page names.', 'Qm1rZ0x7T3uYb5Lk'),
      name('name', 'Name of the file.', 'docs.js'),
    ],
    replies: [file('Script or style.', '*/*', ETAG), UNCHANGED],
    refusals: [{ code: 'NOT_FOUND', when: 'There is no such file.', text: 'no such file' }],
  },
  {
    method: 'get',
    path: '/setup',
    operationId: 'getSetupPage',
    summary: 'The page that makes the first operator',
    description:
      'A new installation prints a link to it, with a token in the fragment. The page is the same for everybody; the token decides, when it is sent (setUp).',
    tag: 'System',
    access: PUBLIC,
    replies: [file('The page.', 'text/html', ETAG), UNCHANGED],
  },
  {
    method: 'get',
    path: '/schemas/{name}',
    operationId: 'getSchema',
    summary: 'A published JSON Schema',
    description: 'For editors that complete and check a storyboard while it is written.',
    tag: 'System',
    access: PUBLIC,
    parameters: [name('name', 'Name of the file.', 'storyboard.schema.json')],
    replies: [file('The schema.', 'application/schema+json', ETAG), UNCHANGED],
    refusals: [{ code: 'NOT_FOUND', when: 'There is no such schema.', text: 'no such schema' }],
  },
  {
    method: 'get',
    path: '/watch/{job}',
    operationId: 'getWatchPage',
    summary: 'The live page of a job',
    description:
      'The page is the same for every job; what may be seen is decided when it reads the job, with the token in its fragment.',
    tag: 'Viewer',
    access: PUBLIC,
    parameters: [name('job', 'Id of the job.', example.JOB_ID)],
    replies: [file('The page.', 'text/html', ETAG), UNCHANGED],
  },
  {
    method: 'get',
    path: '/watch/assets/{version}/{name}',
    operationId: 'getWatchAsset',
    summary: 'A file of the live page',
    tag: 'Viewer',
    access: PUBLIC,
    parameters: [
      name('version', 'Version that the page names.', 'bJ3vW0kq8mYt5cZr'),
      name('name', 'Name of the file.', 'watch.js'),
    ],
    replies: [file('Script, style or font.', '*/*', ETAG), UNCHANGED],
    refusals: [{ code: 'NOT_FOUND', when: 'There is no such file.', text: 'no such file' }],
  },
  {
    method: 'get',
    path: '/teams/{team_id}/invitations/{id}/accept',
    operationId: 'getInvitationPage',
    summary: 'The page behind the link of an invitation',
    description:
      'The page is the same for every invitation: there one logs in or makes an account, and answers through the API.',
    tag: 'Viewer',
    access: PUBLIC,
    parameters: [
      name('team_id', 'Id of the team.', example.TEAM_ID),
      name('id', 'Id of the invitation.', INVITATION_ID),
      query('token', 'Token of the link, for whoever makes an account.', { type: 'string' }),
    ],
    replies: [file('The page.', 'text/html', ETAG), UNCHANGED],
  },
  {
    method: 'get',
    path: '/join/assets/{name}',
    operationId: 'getInvitationPageAsset',
    summary: 'A file of that page',
    tag: 'Viewer',
    access: PUBLIC,
    parameters: [name('name', 'Name of the file.', 'join.js')],
    replies: [file('Script or style.', '*/*', ETAG), UNCHANGED],
    refusals: [{ code: 'NOT_FOUND', when: 'There is no such file.', text: 'no such file' }],
  },
  {
    method: 'post',
    path: '/internal/engines/{engine}/callback',
    operationId: 'reportEngine',
    summary: 'An engine reports on a scene',
    description:
      'For engines that report by HTTP. The address is handed to the engine with each scene and is good for that one submission: its token is the permission. The body is the engine’s own, at most 25 MB, and only a hint: the result is asked for in any case. A report that is repeated, or comes when the scene is over, changes nothing.',
    tag: 'System',
    access: PUBLIC,
    parameters: [
      name('engine', 'Kind of the engine.', 'runpod'),
      ...['job', 'scene', 'attempt', 'token'].map(
        (key): Parameter => ({
          name: key,
          in: 'query',
          required: true,
          description: 'Part of the address that the engine was given.',
          schema: { type: 'string' },
        }),
      ),
    ],
    replies: [text('Heard.', 'OK')],
    refusals: [
      {
        code: 'NOT_FOUND',
        when: 'No such engine; a token that is wrong; or the scene was submitted anew since.',
        text: 'no scene waits for this report',
      },
      {
        code: 'PAYLOAD_TOO_LARGE',
        when: 'The body is larger than 25 MB.',
        text: 'a report may have 25000000 bytes',
      },
      ...OUR_FAULTS,
      DATABASE_AWAY,
    ],
  },
  {
    method: 'get',
    path: '/media/{key}',
    operationId: 'getMedia',
    summary: 'A film, clip, picture or asset',
    description:
      'Addresses come from jobs, assets and system assets, signed: the link is the permission. The key may hold slashes. Here with `MEDIA_DELIVERY=proxy`; otherwise such links lead to the object store. Takes `Range` with one or more parts, `If-Range` and `If-None-Match`.',
    tag: 'Viewer',
    access: PUBLIC,
    parameters: [
      name('key', 'Where the file is.', 'user/01a1fd5b-d836-765b-a1ea-5a8831b75f8f/clips/b505376b.mp4'),
      ...['expires', 'signature'].map(
        (key): Parameter => ({
          name: key,
          in: 'query',
          required: true,
          description: 'Part of the signed link.',
          schema: { type: 'string' },
        }),
      ),
      {
        name: 'filename',
        in: 'query',
        description: 'Part of the signed link: the file is saved under this name.',
        schema: { type: 'string' },
      },
      {
        name: 'Range',
        in: 'header',
        description: 'Parts of the file.',
        schema: { type: 'string' },
        example: 'bytes=0-1048575',
      },
    ],
    replies: [
      file('The whole file.', '*/*', { ...ETAG, 'Accept-Ranges': '`bytes`' }),
      {
        ...file('The parts asked for; more than one as `multipart/byteranges`.', '*/*', {
          ...ETAG,
          'Content-Range': 'Which part, when it is one.',
        }),
        status: 206,
      },
      UNCHANGED,
    ],
    refusals: [
      {
        code: 'AUTHORIZATION_ERROR',
        when: 'The link is not valid, or no longer.',
        text: 'this link is not valid, or no longer; read its job or asset again for a new one',
      },
      { code: 'NOT_FOUND', when: 'The file is gone.', text: 'no such file' },
      {
        code: 'VALIDATION_ERROR',
        status: 416,
        when: 'The range lies outside the file.',
        text: 'the range is not within the file',
      },
      unavailable('The object store does not answer.', 'the object store cannot be used right now'),
    ],
  },
  {
    method: 'put',
    path: '/media/{key}',
    operationId: 'putMedia',
    summary: 'Send the file of an asset',
    description:
      'The body is the file. Addresses come as `upload_url` when a file is announced, signed, for 15 minutes: the address is the permission. It takes exactly the announced type and number of bytes, which `Content-Length` has to name. Here with `MEDIA_DELIVERY=proxy`; otherwise files are put into the object store.',
    tag: 'Viewer',
    access: PUBLIC,
    parameters: [
      name(
        'key',
        'Where the file goes.',
        'user/01a1fd5b-d836-765b-a1ea-5a8831b75f8f/assets/01a1fd5d-d1d7-7383-a6a4-2bb61eb12517/incoming/boat.jpg',
      ),
      ...['expires', 'type', 'size', 'signature'].map(
        (key): Parameter => ({
          name: key,
          in: 'query',
          required: true,
          description: 'Part of the signed address.',
          schema: { type: 'string' },
        }),
      ),
    ],
    replies: [{ status: 200, description: 'It is there; confirm it now.' }],
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'The file is not of the announced type or size, or broke off.',
        text: 'send it as image/jpeg, as it was announced',
      },
      {
        code: 'AUTHORIZATION_ERROR',
        when: 'The address is forged, or past its time.',
        text: 'this address is not valid, or no longer; announce the file again',
      },
      {
        code: 'SERVICE_UNAVAILABLE',
        when: 'The object store cannot be used, or has no room; `reason` says which.',
        text: 'the object store cannot be used right now',
      },
    ],
  },
]
