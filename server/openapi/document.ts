/** The OpenAPI 3.1 document, made from the table of operations and the schema files. Pure. */
import { MAX_BODY_BYTES } from '../body.ts'
import type { Access, Operation } from './operation.ts'
import { OPERATIONS, TAGS } from './operations.ts'
import { responsesOf, sharedResponses } from './responses.ts'
import { componentRef, componentSchemas } from './schemas.ts'

const ABOUT = `Send a storyboard, follow its render, fetch the film.

Bodies are JSON in UTF-8, at most ${MAX_BODY_BYTES / 1024 / 1024} MiB; where a storyboard is sent, YAML will do as well. Fields that an
operation does not know are ignored. A reply may gain fields; a program leaves alone what it does not know.

Refusals are all of the schema Problem. Every reply carries \`X-Request-Id\`: the one that was sent, or a new one.
Requests are counted by the minute. Every reply to one that is counted has \`X-RateLimit-Limit\`, \`X-RateLimit-Remaining\` and
\`X-RateLimit-Reset\` (unix seconds at which the minute ends); a stream counts once, when it is opened.
Addresses that do not exist are 404, other methods 405 with \`Allow\`; addresses above 8 kB are 414.`

const SECURITY_SCHEMES = {
  session: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The token of a log-in, here or with the issuer that the operator has set up.',
  },
  sessionCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'fc_session',
    description:
      'The same token as a cookie, `__Host-fc_session` over https. Requests that change something need an `Origin` that is allowed.',
  },
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'sk_live_<32 hex>',
    description:
      'An API key. The names beside it in an operation are scopes: the key carries one of them, or `*`.',
  },
  watchLink: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: '`Watch <token>`: the token of a watch link. It opens one job, and only to look at it.',
  },
  ticket: {
    type: 'apiKey',
    in: 'query',
    name: 'ticket',
    description: 'A ticket, used once.',
  },
}

function securityOf(access: Access): Record<string, readonly string[]>[] {
  switch (access.kind) {
    case 'public':
      return []
    case 'websocket':
      return [{ session: [] }, { sessionCookie: [] }, { apiKey: [] }, { ticket: [] }, { watchLink: [] }]
    case 'session':
      return [{ session: [] }, { sessionCookie: [] }]
    case 'key':
      return [
        { session: [] },
        { sessionCookie: [] },
        ...(access.scopes.length === 0
          ? [{ apiKey: [] }]
          : access.scopes.map((scope) => ({ apiKey: [scope] }))),
        ...(access.watchers ? [{ watchLink: [] }] : []),
      ]
  }
}

function operationObject(operation: Operation): object {
  const { operationId, summary, description, tag, access, parameters = [], body } = operation
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    security: securityOf(access),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body && {
      requestBody: {
        description: body.description,
        required: body.required,
        content: Object.fromEntries(
          body.content.map(({ type, schema, example }) => [
            type,
            { schema: { $ref: componentRef(schema) }, example },
          ]),
        ),
      },
    }),
    responses: responsesOf(operation),
  }
}

function pathsOf(operations: readonly Operation[]): Record<string, Record<string, object>> {
  const byPath = Map.groupBy(operations, ({ path }) => path)
  return Object.fromEntries(
    [...byPath].map(([path, methods]) => [
      path,
      Object.fromEntries(methods.map((operation) => [operation.method, operationObject(operation)])),
    ]),
  )
}

export type OpenApiDocument = {
  openapi: string
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } }
  servers: { url: string }[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, object>>
  components: {
    securitySchemes: Record<string, object>
    responses: Record<string, object>
    schemas: Record<string, object>
  }
}

/**
 * The whole document; every reference in it resolves within it.
 * @param version of the server
 * @param baseUrl address of the server, without a slash at the end
 */
export function openApiDocument(version: string, baseUrl: string): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Framecast API',
      version,
      description: ABOUT,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: baseUrl }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: pathsOf(OPERATIONS),
    components: {
      securitySchemes: SECURITY_SCHEMES,
      responses: sharedResponses(),
      schemas: componentSchemas(),
    },
  }
}
