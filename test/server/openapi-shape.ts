/** What an OpenAPI 3.1 document looks like, as far as ours goes: strict, so that a misspelt field is found. */
const text = { type: 'string', minLength: 1 }
const map = (of: object, names: string): object => ({
  type: 'object',
  patternProperties: { [names]: of },
  additionalProperties: false,
})
const closed = (
  properties: Record<string, object>,
  required: string[] = Object.keys(properties),
): object => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const list = (items: object): object => ({ type: 'array', items })
const ref = (name: string): object => ({ $ref: `#/$defs/${name}` })

const STATUS = '^[1-5][0-9]{2}$'
const NAME = '^[A-Za-z0-9._-]+$'
const MEDIA_TYPE = '^[a-z*]+/[a-z0-9.+*-]+$'

export const OPENAPI_SHAPE = {
  ...closed({
    openapi: { const: '3.1.0' },
    info: closed({
      title: text,
      version: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
      description: text,
      license: closed({ name: text, identifier: text }),
    }),
    servers: { ...list(closed({ url: { type: 'string', pattern: '^https?://[^/]+$' } })), minItems: 1 },
    tags: list(closed({ name: text, description: text })),
    paths: map(map(ref('operation'), '^(get|post|put|patch|delete)$'), '^/'),
    components: closed({
      securitySchemes: map(ref('securityScheme'), NAME),
      responses: map(ref('response'), NAME),
      schemas: map(ref('schema'), NAME),
    }),
  }),
  $defs: {
    operation: closed(
      {
        operationId: { type: 'string', pattern: '^[a-z][A-Za-z]+$' },
        summary: text,
        description: text,
        tags: { ...list(text), minItems: 1, maxItems: 1 },
        security: list(map(list(text), NAME)),
        parameters: { ...list(ref('parameter')), minItems: 1 },
        requestBody: closed({
          description: text,
          required: { type: 'boolean' },
          content: map(closed({ schema: ref('schema'), example: {} }), MEDIA_TYPE),
        }),
        responses: { ...map({ anyOf: [ref('reference'), ref('response')] }, STATUS), minProperties: 1 },
      },
      ['operationId', 'summary', 'tags', 'security', 'responses'],
    ),
    parameter: {
      ...closed(
        {
          name: text,
          in: { enum: ['path', 'query', 'header'] },
          required: { type: 'boolean' },
          description: text,
          schema: ref('schema'),
          example: {},
        },
        ['name', 'in', 'description', 'schema'],
      ),
      if: { properties: { in: { const: 'path' } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { required: { const: true } }, required: ['required'] },
    },
    response: closed(
      {
        description: text,
        headers: map(closed({ description: text, schema: ref('schema') }), NAME),
        content: map(
          closed({ schema: ref('schema'), examples: map(closed({ summary: text, value: {} }), NAME) }, [
            'schema',
          ]),
          MEDIA_TYPE,
        ),
      },
      ['description'],
    ),
    securityScheme: {
      oneOf: [
        closed({ type: { const: 'http' }, scheme: text, bearerFormat: text, description: text }),
        closed({
          type: { const: 'apiKey' },
          in: { enum: ['query', 'header', 'cookie'] },
          name: text,
          description: text,
        }),
      ],
    },
    reference: closed({ $ref: { type: 'string', pattern: '^#/components/' } }),
    schema: { $ref: 'https://json-schema.org/draft/2020-12/schema' },
  },
}
