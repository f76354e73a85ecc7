/** Replies to people with accounts, as examples. */
import type {
  ApiKey,
  ApiKeyRequest,
  AuditEntry,
  Caller,
  LogIn,
  LogInRequest,
  NewApiKey,
  PasswordRequest,
  Session,
  SetUpRequest,
  SignUpRequest,
  Usage,
  UsageDays,
  User,
} from '../../schemas/types.ts'
import { USER_ID } from './examples.ts'

export const KEY_ID = '01a1fd5b-da12-7c55-8e0f-3b7f6f1c2d90'

export const user: User = {
  id: USER_ID,
  email: 'ada@studio.example',
  name: 'Ada Lovelace',
  avatar_url: null,
  tier: 'creator',
  credits: 120,
  ephemeral_storage_bytes: 281311,
  upgraded_at: '2026-11-21T09:05:12.004Z',
  created_at: '2026-11-21T09:04:40.310Z',
  updated_at: '2026-11-21T09:07:45.545Z',
}

const PASSWORD = 'a lamp that wakes at dusk'

export const logInRequest: LogInRequest = { email: user.email, password: PASSWORD }
export const signUpRequest: SignUpRequest = { ...logInRequest, name: 'Ada Lovelace' }
export const setUpRequest: SetUpRequest = {
  token: 'uGx0sT1bqk3Jm2o6mWlX5F6x0c8j0S8c0p8r8mJXq3Y',
  ...signUpRequest,
}
export const passwordRequest: PasswordRequest = {
  current_password: PASSWORD,
  new_password: 'a wave that breaks at dawn',
}

export const logIn: LogIn = {
  access_token: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJmcmFtZWNhc3QifQ.c2lnbmF0dXJl',
  token_type: 'Bearer',
  expires_in: 86400,
  user,
}

export const apiKey: ApiKey = {
  id: KEY_ID,
  user_id: USER_ID,
  owner: `framecast:user:${USER_ID}`,
  name: 'Nightly renders',
  key_prefix: 'sk_live_',
  scopes: ['generate', 'jobs:read'],
  last_used_at: null,
  expires_at: '2027-11-21T00:00:00.000Z',
  revoked_at: null,
  created_at: '2026-11-21T09:06:02.911Z',
}

export const apiKeyRequest: ApiKeyRequest = {
  name: 'Nightly renders',
  scopes: ['generate', 'jobs:read'],
  expires_at: '2027-11-21T00:00:00Z',
}

export const newApiKey: NewApiKey = { api_key: apiKey, raw_key: `sk_live_${'0123456789abcdef'.repeat(2)}` }

export const keyCaller: Caller = {
  auth_method: 'api_key',
  user,
  api_key: {
    id: apiKey.id,
    owner: apiKey.owner,
    name: apiKey.name,
    key_prefix: apiKey.key_prefix,
    scopes: apiKey.scopes,
    expires_at: apiKey.expires_at,
  },
}

export const usage: Usage = {
  owner: `framecast:user:${USER_ID}`,
  period: '2026-11',
  renders_count: 14,
  render_seconds: 312,
  credits_used: 340,
  credits_refunded: 18,
  net_credits: 322,
  api_calls: 2051,
  updated_at: '2026-11-21T09:07:45.545Z',
}

export const auditEntry: AuditEntry = {
  id: '01a1fd5b-da13-7a8e-9a63-1f0d6d7a55c4',
  team_id: null,
  actor_id: USER_ID,
  actor_kind: 'user',
  action: 'api_key.created',
  subject_type: 'api_key',
  subject_id: KEY_ID,
  details: { owner: `framecast:user:${USER_ID}`, scopes: ['generate', 'jobs:read'], expires_at: null },
  created_at: '2026-11-21T09:06:02.911Z',
}

export const SESSION_ID = '01a1fd5b-da14-7bc1-8d2f-60c1f0b79a3e'

export const session: Session = {
  id: SESSION_ID,
  device: 'Firefox on Linux',
  address: '192.0.2.17',
  is_current: true,
  created_at: '2026-11-21T09:04:40.310Z',
  last_seen_at: '2026-11-21T09:07:45.545Z',
  expires_at: '2026-11-22T09:04:40.000Z',
}

export const usageDays: UsageDays = {
  owner: `framecast:user:${USER_ID}`,
  from: '2026-11-20',
  to: '2026-11-21',
  days: [
    { day: '2026-11-20', renders_count: 0, credits: 0, gpu_seconds: 0 },
    { day: '2026-11-21', renders_count: 2, credits: 17, gpu_seconds: 311 },
  ],
  people: [{ user_id: USER_ID, name: 'Ada Lovelace', renders_count: 2, credits: 17, gpu_seconds: 311 }],
  projects: [{ project_id: null, name: null, renders_count: 2, credits: 17, gpu_seconds: 311 }],
}
