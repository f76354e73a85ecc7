/** The typed client speaks to the server, and its types say what comes back. */
import { t } from 'tap'
import type { Operation } from '../../server/openapi/operation.ts'
import { generateApiTypes } from '../../tools/generate-api-types.ts'
import { aStoryboard, startStudio } from '../support/studio.ts'

t.test('a render by the typed client', async (t) => {
  const { GET, POST, DELETE } = (await startStudio(t)).client()
  const made = await POST('/v1/generate', { body: { spec: aStoryboard(), options: { engine: 'preview' } } })
  const id = made.data?.id ?? ''
  const params = { path: { id } }
  t.equal((await GET('/v1/jobs/{id}', { params })).data?.status, 'queued')
  const page = await GET('/v1/jobs', { params: { query: { status: 'queued', limit: 1 } } })
  t.strictSame(
    page.data?.map((job) => job.id),
    [id],
  )
  const early = await DELETE('/v1/jobs/{id}', { params })
  t.equal(early.error?.error.code, 'VALIDATION_ERROR')
  t.equal((await POST('/v1/jobs/{id}/cancel', { params })).data?.status, 'canceled')
  t.equal((await DELETE('/v1/jobs/{id}', { params })).response.status, 204)
})

t.test('types of operations', async (t) => {
  const operation: Operation = {
    method: 'get',
    path: '/v1/films/{id}',
    operationId: 'listFilms',
    summary: 'List films',
    tag: 'Jobs',
    access: { kind: 'public' },
    parameters: [
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'x',
        schema: { type: 'string', format: 'uuid' },
      },
      { name: 'sort-by', in: 'query', description: 'x', schema: { enum: ['name', "director's"] } },
      { name: 'years', in: 'query', description: 'x', schema: { type: 'array', items: { type: 'integer' } } },
    ],
    replies: [
      { status: 200, description: 'x', content: { type: 'application/json', schema: ['job'], examples: {} } },
      { status: 304, description: 'x' },
    ],
  }
  const text = generateApiTypes([
    operation,
    { ...operation, method: 'delete', replies: [{ status: 204, description: 'x' }] },
  ])
  t.match(text, /import type \{\n {2}Job,\n {2}Problem,\n\}/)
  t.match(text, "path: { id: string }; query?: { 'sort-by'?: 'name' | 'director\\'s'; years?: (number)[] }")
  t.match(text, "responses: { 200: { content: { 'application/json': Job[] } } } & Refusals")
  t.match(text, 'responses: { 204: { content?: never } } & Refusals')
  const odd = { ...operation, parameters: [{ ...operation.parameters![1]!, schema: { anyOf: [] } }] }
  t.throws(() => generateApiTypes([odd]), /no type is made/)
})
