/** The public HTTP API, with the session cookie of this browser. */
import createClient from 'openapi-fetch'
import type { paths } from '../../../schemas/api.ts'

export type {
  ApiKey,
  Asset,
  AuditEntry,
  Caller,
  Engine,
  Invitation,
  Job,
  Membership,
  PlannedScene,
  Project,
  RenderPlan,
  Session,
  Storyboard,
  SystemAsset,
  Team,
  UploadParts,
  Usage,
  UsageDays,
  Webhook,
  WebhookDelivery,
} from '../../../schemas/types.ts'

/** The server answered, and said no. */
export class ApiError extends Error {
  readonly status: number
  /** Stable, e.g. `INSUFFICIENT_CREDITS`. */
  readonly code: string
  readonly details: unknown
  readonly requestId: string | null
  /** After so many seconds the same may be asked again; null: asking again does not help. */
  readonly retryAfterS: number | null
  constructor(
    status: number,
    code: string,
    message: string,
    details: unknown,
    requestId: string | null,
    retryAfterS: number | null,
  ) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.details = details
    this.requestId = requestId
    this.retryAfterS = retryAfterS
  }
}

/** There was no answer: the server is down, or the network is. */
export class Offline extends Error {
  constructor(cause: unknown) {
    super('no answer from Framecast', { cause })
    this.name = 'Offline'
  }
}

const ANSWER_MS = 30_000

let whenSignedOut = (): void => {}

/** Says what to do when the server no longer knows who is asking. */
export function onSignedOut(work: () => void): void {
  whenSignedOut = work
}

let heldUntil: number | null = null
let heldTimer: ReturnType<typeof setTimeout> | undefined
const heldWatchers = new Set<() => void>()

function hold(seconds: number): void {
  const until = Date.now() + seconds * 1_000
  if (heldUntil !== null && heldUntil >= until) return
  heldUntil = until
  clearTimeout(heldTimer)
  heldTimer = setTimeout(() => {
    heldUntil = null
    for (const watcher of heldWatchers) watcher()
  }, seconds * 1_000)
  for (const watcher of heldWatchers) watcher()
}

/** Until when (ms) the server takes no more requests of this person, for now; null: it takes them. */
export const held = {
  get: (): number | null => heldUntil,
  subscribe(watcher: () => void): () => void {
    heldWatchers.add(watcher)
    return () => heldWatchers.delete(watcher)
  },
}

const client = createClient<paths>({ baseUrl: '', credentials: 'same-origin' })

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** The kind of failure, which a message begins with; people are told what is wrong, and programs read the code. */
const KIND =
  /^(?:Validation error|Authorization error|Storage quota exceeded|Insufficient credits|Not found|Conflict|Precondition failed|Payload too large|Rate limit exceeded|Service unavailable|Internal error): /

/** The error object of a refusal, or what can be said of a reply that is none of ours (a proxy's page). */
function refusal(response: Response, body: unknown): ApiError {
  const error = (body as { error?: { code?: unknown; message?: unknown; details?: unknown } } | undefined)
    ?.error
  return new ApiError(
    response.status,
    typeof error?.code === 'string' ? error.code : 'UNEXPECTED_ERROR',
    typeof error?.message === 'string'
      ? error.message.replace(KIND, '')
      : `the server answered ${response.status}`,
    error?.details,
    response.headers.get('x-request-id'),
    Number(response.headers.get('retry-after')) || null,
  )
}

/**
 * Makes a call: `ask((api, signal) => api.GET('/v1/teams', { signal }))`.
 * @returns the data and the reply's headers
 * @throws {ApiError} for a refusal, {Offline} when there is no answer
 */
export async function askWithHeaders<T>(
  call: (api: typeof client, signal: AbortSignal) => Promise<Answer<T>>,
  signal?: AbortSignal,
): Promise<{ data: T; headers: Headers }> {
  const limit = AbortSignal.timeout(ANSWER_MS)
  let answer: Answer<T>
  try {
    answer = await call(client, signal ? AbortSignal.any([signal, limit]) : limit)
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new Offline(cause)
  }
  if (!answer.response.ok) {
    const refused = refusal(answer.response, answer.error)
    // A wrong password is not the end of a session.
    if (refused.status === 401 && refused.code !== 'INVALID_CREDENTIALS') whenSignedOut()
    if (refused.status === 429 && refused.retryAfterS !== null) hold(refused.retryAfterS)
    throw refused
  }
  return { data: answer.data as T, headers: answer.response.headers }
}

/** `askWithHeaders`, without the headers. */
export const ask = async <T>(
  call: (api: typeof client, signal: AbortSignal) => Promise<Answer<T>>,
  signal?: AbortSignal,
): Promise<T> => (await askWithHeaders(call, signal)).data
