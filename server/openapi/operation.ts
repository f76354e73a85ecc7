/** What an operation of the API is, as the document's sources say it (operations.ts); document.ts writes it out. */
import type { Scope } from '../../core/access/principal.ts'
import type { ProblemCode } from '../../core/platform/errors.ts'
import type { SchemaName } from './schemas.ts'

export type Tag =
  | 'Accounts'
  | 'API keys'
  | 'Teams'
  | 'Invitations'
  | 'Projects'
  | 'Jobs'
  | 'Storyboards'
  | 'Cache'
  | 'Live'
  | 'Watch links'
  | 'Assets'
  | 'System assets'
  | 'Webhooks'
  | 'Engines'
  | 'Usage and audit'
  | 'System'
  | 'Viewer'

/** JSON Schema written out in place, for what has no file of its own. */
export type InlineSchema = Readonly<Record<string, unknown>>

/** Written into the document as it is. */
export type Parameter = {
  name: string
  in: 'path' | 'query' | 'header'
  description: string
  schema: InlineSchema
  required?: boolean
  example?: unknown
}

/**
 * Who may call. `key`: anybody, by a session or by an API key that carries one of `scopes` (none named: any key); with
 * `watchers` the token of a watch link does as well. `session`: people who have logged in; a key is refused. With
 * `creatorsOnly` both need the tier creator. `websocket` also takes what only a handshake can carry.
 */
export type Access =
  | { kind: 'public' }
  | { kind: 'key'; scopes: readonly Scope[]; watchers?: boolean; creatorsOnly?: boolean }
  | { kind: 'session'; creatorsOnly?: boolean }
  | { kind: 'websocket' }

export type Body = {
  description: string
  /** False when the whole body may be left out. */
  required: boolean
  content: readonly { type: string; schema: SchemaName; example: unknown }[]
}

export type Reply = {
  status: number
  description: string
  /** Header names with what they hold. */
  headers?: Readonly<Record<string, string>>
  content?: {
    type: string
    /** A schema's file, a list of that, or a schema in place. */
    schema: SchemaName | readonly [SchemaName] | InlineSchema
    examples: Readonly<Record<string, { summary: string; value: unknown }>>
  }
}

/** A refusal: its code, when it happens, an example's text, and a status where the code has another one here. */
export type Refusal = { code: ProblemCode; when: string; text: string; status?: number }

export type Operation = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** With `{name}` for what varies. */
  path: string
  operationId: string
  summary: string
  /** CommonMark. */
  description?: string
  tag: Tag
  access: Access
  parameters?: readonly Parameter[]
  body?: Body
  /** Status of a body that is read but has the wrong shape; with 422, a wrong media type is 415. */
  shapeStatus?: 400 | 422
  replies: readonly Reply[]
  /** Beyond those that follow from credential, path ids and body. */
  refusals?: readonly Refusal[]
}

/** The reply of most operations: one JSON object of a schema, with one example. */
export const json = (
  status: number,
  description: string,
  schema: SchemaName | readonly [SchemaName],
  value: unknown,
  summary = description,
): Reply => ({
  status,
  description,
  content: { type: 'application/json', schema, examples: { reply: { summary, value } } },
})

export const text = (description: string, value: string, type = 'text/plain'): Reply => ({
  status: 200,
  description,
  content: { type, schema: { type: 'string' }, examples: { reply: { summary: description, value } } },
})

export const id = (name: string, of: string, example: string): Parameter => ({
  name,
  in: 'path',
  required: true,
  description: `Id of the ${of}.`,
  schema: { type: 'string', format: 'uuid' },
  example,
})

export const query = (
  name: string,
  description: string,
  schema: InlineSchema,
  example?: unknown,
): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
  ...(example === undefined ? {} : { example }),
})
