/** Operations on accounts: the way in, and what people keep of themselves. */
import * as example from './account-examples.ts'
import { TEAM_ID } from './examples.ts'
import { CURSOR, NEXT_PAGE, pageOf } from './jobs.ts'
import { id, json, type Operation, query, type Refusal, type Reply } from './operation.ts'
import { OUR_FAULTS } from './responses.ts'

const PUBLIC = { kind: 'public' } as const
const SESSION = { kind: 'session' } as const

const LOCAL_OFF: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'Accounts are another issuer’s business here.',
  text: 'this installation keeps no passwords: log in with its issuer',
}
const EMAIL: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'The email is no address.',
  text: 'email must be an address such as ada@studio.example',
}
const EMAIL_TAKEN: Refusal = {
  code: 'CONFLICT',
  when: 'There is an account with this email.',
  text: 'there is an account with this email already',
}
const BUSY: Refusal = {
  code: 'SERVICE_UNAVAILABLE',
  when: 'The database is away, or too many passwords are being looked at; come back after `Retry-After`.',
  text: 'too many people are logging in at once',
}
const guestRate: Refusal = {
  code: 'RATE_LIMIT_EXCEEDED',
  when: 'More than 10 attempts a minute from this address.',
  text: 'retry after 42 seconds',
}
const FAILURES: Refusal = {
  code: 'RATE_LIMIT_EXCEEDED',
  when: 'Ten wrong passwords within 15 minutes, for this account or from this address.',
  text: 'retry after 613 seconds',
}
const GONE: Refusal = {
  code: 'USER_NOT_FOUND',
  when: 'The account was deleted a moment ago.',
  text: 'The user of this credential is gone',
}
const CREDENTIALS: Refusal = {
  code: 'INVALID_CREDENTIALS',
  when: 'The password is not right, or there is no such account: the answer is the same.',
  text: 'Invalid email or password',
}

const COOKIE = { 'Set-Cookie': 'The session, for browsers.' }
const welcome = (status: number, description: string): Reply => ({
  ...json(status, description, 'log-in', example.logIn),
  headers: COOKIE,
})

export const accountOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/auth/signup',
    operationId: 'signUp',
    summary: 'Make an account',
    description:
      'The operator decides who may: anybody, people with an invitation, or nobody. With the token of an invitation to the same address, the account is a creator and a member of the team at once.',
    tag: 'Accounts',
    access: PUBLIC,
    body: {
      description: 'Who it is for.',
      required: true,
      content: [{ type: 'application/json', schema: 'sign-up-request', example: example.signUpRequest }],
    },
    replies: [welcome(201, 'The account, and a first session.')],
    refusals: [
      EMAIL,
      LOCAL_OFF,
      {
        code: 'AUTHORIZATION_ERROR',
        when: 'Nobody may sign up, or an invitation is needed.',
        text: 'signing up takes an invitation here: send its invitation_token',
      },
      {
        code: 'NOT_FOUND',
        when: 'The invitation is unknown, over, or for another address.',
        text: 'no such invitation for this email',
      },
      EMAIL_TAKEN,
      guestRate,
      ...OUR_FAULTS,
      BUSY,
    ],
  },
  {
    method: 'post',
    path: '/v1/auth/login',
    operationId: 'logIn',
    summary: 'Log in',
    tag: 'Accounts',
    access: PUBLIC,
    body: {
      description: 'Email and password.',
      required: true,
      content: [{ type: 'application/json', schema: 'log-in-request', example: example.logInRequest }],
    },
    replies: [welcome(200, 'A new session.')],
    refusals: [CREDENTIALS, LOCAL_OFF, guestRate, FAILURES, ...OUR_FAULTS, BUSY],
  },
  {
    method: 'post',
    path: '/v1/auth/setup',
    operationId: 'setUp',
    summary: 'Make the first operator',
    description:
      'A new installation without accounts prints a link to `/setup`, good once and for a day. This is what its page sends: there is no default password.',
    tag: 'Accounts',
    access: PUBLIC,
    body: {
      description: 'The token of the link, and who the operator is.',
      required: true,
      content: [{ type: 'application/json', schema: 'set-up-request', example: example.setUpRequest }],
    },
    replies: [welcome(201, 'The operator’s account, of tier creator, and a first session.')],
    refusals: [
      EMAIL,
      LOCAL_OFF,
      {
        code: 'NOT_FOUND',
        when: 'The link is unknown, used or too old, or there are accounts already.',
        text: 'this set-up link is unknown, used or older than a day',
      },
      EMAIL_TAKEN,
      guestRate,
      ...OUR_FAULTS,
      BUSY,
    ],
  },
  {
    method: 'post',
    path: '/v1/auth/logout',
    operationId: 'logOut',
    summary: 'Log out',
    description:
      'Ends the session and takes the cookie away. The token of another issuer ends where it was made: here only the cookie goes.',
    tag: 'Accounts',
    access: SESSION,
    replies: [
      { status: 204, description: 'Logged out.', headers: { 'Set-Cookie': 'Takes the cookie away.' } },
    ],
  },
  {
    method: 'post',
    path: '/v1/auth/password',
    operationId: 'changePassword',
    summary: 'Change the password',
    description: 'Every other session of the account ends.',
    tag: 'Accounts',
    access: SESSION,
    body: {
      description: 'The password so far, and the new one.',
      required: true,
      content: [{ type: 'application/json', schema: 'password-request', example: example.passwordRequest }],
    },
    replies: [{ status: 204, description: 'Changed.' }],
    refusals: [
      {
        ...CREDENTIALS,
        when: 'The current password is not right.',
        text: 'The current password is not right',
      },
      {
        code: 'CONFLICT',
        when: 'The account has no password here, or it was changed meanwhile.',
        text: 'you log in with another issuer: there is no password here',
      },
      FAILURES,
    ],
  },
  {
    method: 'get',
    path: '/v1/auth/sessions',
    operationId: 'listSessions',
    summary: 'List one’s own sessions',
    description: 'Those that have not ended; the one that was seen last comes first.',
    tag: 'Accounts',
    access: SESSION,
    parameters: [...pageOf(100), CURSOR],
    replies: [{ ...json(200, 'A page of sessions.', ['session'], [example.session]), headers: NEXT_PAGE }],
    refusals: [
      { code: 'VALIDATION_ERROR', when: 'A query value is wrong.', text: 'limit must be a whole number' },
    ],
  },
  {
    method: 'delete',
    path: '/v1/auth/sessions',
    operationId: 'endOtherSessions',
    summary: 'End all one’s other sessions',
    description: 'The one that asks goes on. Open streams of the others end within a minute.',
    tag: 'Accounts',
    access: SESSION,
    replies: [{ status: 204, description: 'They have ended.' }],
  },
  {
    method: 'delete',
    path: '/v1/auth/sessions/{id}',
    operationId: 'endSession',
    summary: 'End a session of one’s own',
    description:
      'It opens nothing from the next request on; open streams end within a minute. For the session that asks, it is logging out.',
    tag: 'Accounts',
    access: SESSION,
    parameters: [id('id', 'session', example.SESSION_ID)],
    replies: [{ status: 204, description: 'It has ended.' }],
    refusals: [
      {
        code: 'NOT_FOUND',
        when: 'The caller has no such session, or it has ended.',
        text: 'no such session',
      },
    ],
  },
  {
    method: 'get',
    path: '/v1/auth/whoami',
    operationId: 'whoAmI',
    summary: 'Who is asking',
    tag: 'Accounts',
    access: { kind: 'key', scopes: [] },
    parameters: [
      query('include', '`operator` adds whether this person runs the installation.', { enum: ['operator'] }),
    ],
    replies: [
      {
        status: 200,
        description: 'The user, and the key when it is one.',
        content: {
          type: 'application/json',
          schema: 'caller',
          examples: {
            session: {
              summary: 'A session',
              value: { auth_method: 'jwt', user: example.user },
            },
            key: { summary: 'An API key', value: example.keyCaller },
          },
        },
      },
    ],
    refusals: [
      { code: 'VALIDATION_ERROR', when: 'include is something else.', text: 'include must be operator' },
      GONE,
      { code: 'NOT_FOUND', when: 'The key was removed a moment ago.', text: 'no such key' },
    ],
  },
  {
    method: 'get',
    path: '/v1/account',
    operationId: 'getAccount',
    summary: 'Read one’s own account',
    tag: 'Accounts',
    access: SESSION,
    replies: [json(200, 'The account.', 'user', example.user)],
    refusals: [GONE],
  },
  {
    method: 'patch',
    path: '/v1/account',
    operationId: 'changeAccount',
    summary: 'Change one’s own account',
    tag: 'Accounts',
    access: SESSION,
    body: {
      description: 'What is to change.',
      required: true,
      content: [
        { type: 'application/json', schema: 'account-change-request', example: { name: 'Ada Lovelace' } },
      ],
    },
    replies: [json(200, 'The account.', 'user', example.user)],
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'The picture is no web address.',
        text: 'avatar_url must be an http or https address of at most 2048 characters',
      },
      GONE,
    ],
  },
  {
    method: 'post',
    path: '/v1/account/upgrade',
    operationId: 'upgradeAccount',
    summary: 'Become a creator',
    description: 'For good. Creators begin with a team of their own and a project to try.',
    tag: 'Accounts',
    access: SESSION,
    body: {
      description: 'The tier to become.',
      required: true,
      content: [{ type: 'application/json', schema: 'upgrade-request', example: { target_tier: 'creator' } }],
    },
    replies: [json(200, 'The account.', 'user', example.user)],
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'A creator does not become a starter again.',
        text: 'a creator does not become a starter again',
      },
      { code: 'CONFLICT', when: 'There is nothing to change.', text: 'User is already creator' },
      GONE,
    ],
  },
  {
    method: 'delete',
    path: '/v1/account',
    operationId: 'deleteAccount',
    summary: 'Delete one’s own account',
    description:
      'Personal renders that are active are canceled; memberships, keys and sessions end. Personal films and files are kept for 30 days and then removed. What was made for teams stays with them, without the name.',
    tag: 'Accounts',
    access: SESSION,
    replies: [{ status: 204, description: 'Deleted.', headers: { 'Set-Cookie': 'Takes the cookie away.' } }],
    refusals: [
      {
        code: 'CONFLICT',
        when: 'The caller is the only owner of a team, also of one without other members.',
        text: 'you are the only owner of "My Team": make somebody else an owner there, or delete the team, first',
      },
    ],
  },
]

const KEY = id('id', 'key', example.KEY_ID)
const NO_KEY: Refusal = {
  code: 'NOT_FOUND',
  when: 'The caller has no such key.',
  text: 'no such key',
}

export const keyOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/auth/keys',
    operationId: 'listApiKeys',
    summary: 'List one’s own keys',
    description: 'Newest first. Revoked ones are listed for 30 days.',
    tag: 'API keys',
    access: SESSION,
    parameters: [...pageOf(100), CURSOR],
    replies: [{ ...json(200, 'A page of keys.', ['api-key'], [example.apiKey]), headers: NEXT_PAGE }],
    refusals: [
      { code: 'VALIDATION_ERROR', when: 'A query value is wrong.', text: 'limit must be a whole number' },
    ],
  },
  {
    method: 'post',
    path: '/v1/auth/keys',
    operationId: 'createApiKey',
    summary: 'Make a key',
    description:
      'It never opens more than its user may do. The key of a team or of a membership opens that team alone, and ends with the membership. At most 50 that are not revoked.',
    tag: 'API keys',
    access: SESSION,
    body: {
      description: 'What it is for. All of it may be left out by creators.',
      required: false,
      content: [{ type: 'application/json', schema: 'api-key-request', example: example.apiKeyRequest }],
    },
    replies: [
      {
        ...json(201, 'The key. `raw_key` is shown this once.', 'new-api-key', example.newApiKey),
        headers: { Location: 'Path of the key.' },
      },
    ],
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'The owner is malformed, a scope unknown, or the end not in the future.',
        text: 'expires_at must be in the future',
      },
      {
        code: 'AUTHORIZATION_ERROR',
        when: 'The owner is out of reach, the role too low, or the tier cannot hold a scope.',
        text: 'a starter’s key cannot hold *; name scopes out of generate, jobs:read, jobs:write, assets:read, assets:write',
      },
      {
        code: 'CONFLICT',
        when: 'The caller has 50 keys.',
        text: 'you have 50 keys already; revoke one first',
      },
    ],
  },
  {
    method: 'get',
    path: '/v1/auth/keys/{id}',
    operationId: 'getApiKey',
    summary: 'Read a key',
    tag: 'API keys',
    access: SESSION,
    parameters: [KEY],
    replies: [json(200, 'The key, without its secret.', 'api-key', example.apiKey)],
    refusals: [NO_KEY],
  },
  {
    method: 'patch',
    path: '/v1/auth/keys/{id}',
    operationId: 'renameApiKey',
    summary: 'Rename a key',
    tag: 'API keys',
    access: SESSION,
    parameters: [KEY],
    body: {
      description: 'The new name.',
      required: true,
      content: [
        { type: 'application/json', schema: 'api-key-change-request', example: { name: 'Nightly renders' } },
      ],
    },
    replies: [json(200, 'The key.', 'api-key', example.apiKey)],
    refusals: [NO_KEY, { code: 'CONFLICT', when: 'It is revoked.', text: 'the key is revoked' }],
  },
  {
    method: 'delete',
    path: '/v1/auth/keys/{id}',
    operationId: 'revokeApiKey',
    summary: 'Revoke a key',
    description: 'It opens nothing from the next request on; open streams end within a minute.',
    tag: 'API keys',
    access: SESSION,
    parameters: [KEY],
    replies: [{ status: 204, description: 'Revoked.' }],
    refusals: [
      NO_KEY,
      { code: 'CONFLICT', when: 'It was revoked before.', text: 'the key is revoked already' },
    ],
  },
]

const TRAIL: Reply = {
  ...json(200, 'A page of entries, newest first.', ['audit-entry'], [example.auditEntry]),
  headers: NEXT_PAGE,
}
const BAD_QUERY: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'A query value is wrong.',
  text: 'limit must be a whole number',
}

export const usageOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/usage',
    operationId: 'listUsage',
    summary: 'What an owner has used, by month',
    tag: 'Usage and audit',
    access: { kind: 'key', scopes: ['jobs:read'] },
    parameters: [
      query('owner', 'Owner URN. Default: the key’s owner, else the caller.', { type: 'string' }),
      query(
        'period',
        'One month alone, UTC.',
        { type: 'string', pattern: '^[0-9]{4}-(0[1-9]|1[0-2])$' },
        '2026-11',
      ),
      ...pageOf(100),
      CURSOR,
    ],
    replies: [
      { ...json(200, 'A page of months, newest first.', ['usage'], [example.usage]), headers: NEXT_PAGE },
    ],
    refusals: [
      { ...BAD_QUERY, text: 'period must be a month such as 2026-01' },
      {
        code: 'AUTHORIZATION_ERROR',
        when: 'The owner is out of reach, or the caller only views its team.',
        text: 'this owner is out of your reach',
      },
    ],
  },
  {
    method: 'get',
    path: '/v1/usage/days',
    operationId: 'listUsageByDay',
    summary: 'What renders of an owner took, by day, by person and by project',
    description:
      'Counted from renders that are still there: of those that were deleted, the months of `/v1/usage` tell. At most 366 days.',
    tag: 'Usage and audit',
    access: { kind: 'key', scopes: ['jobs:read'] },
    parameters: [
      query('owner', 'Owner URN. Default: the key’s owner, else the caller.', { type: 'string' }),
      query(
        'from',
        'The first day, UTC. Default: 29 days before the last.',
        { type: 'string', format: 'date' },
        '2026-11-20',
      ),
      query('to', 'The last day, UTC. Default: today.', { type: 'string', format: 'date' }, '2026-11-21'),
    ],
    replies: [json(200, 'The days with their figures.', 'usage-days', example.usageDays)],
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'The owner is malformed, a day is none, or the range is too long or the wrong way round.',
        text: 'from must be a day such as 2026-01-31',
      },
      {
        code: 'AUTHORIZATION_ERROR',
        when: 'The owner is out of reach, or the caller only views its team.',
        text: 'this owner is out of your reach',
      },
    ],
  },
  {
    method: 'get',
    path: '/v1/account/audit',
    operationId: 'listAccountAudit',
    summary: 'What one has done oneself',
    tag: 'Usage and audit',
    access: SESSION,
    parameters: [...pageOf(100), CURSOR],
    replies: [TRAIL],
    refusals: [BAD_QUERY],
  },
  {
    method: 'get',
    path: '/v1/teams/{id}/audit',
    operationId: 'listTeamAudit',
    summary: 'Who did what in a team',
    description:
      'For its owners and administrators: members, invitations, keys, credits, and things that were deleted.',
    tag: 'Usage and audit',
    access: { kind: 'session', creatorsOnly: true },
    parameters: [id('id', 'team', TEAM_ID), ...pageOf(100), CURSOR],
    replies: [TRAIL],
    refusals: [
      BAD_QUERY,
      {
        code: 'AUTHORIZATION_ERROR',
        when: 'The caller is no member, or no administrator, or there is no such team.',
        text: 'the role member may not do this',
      },
    ],
  },
]
