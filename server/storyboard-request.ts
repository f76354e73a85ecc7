/**
 * Reads a request that carries a storyboard: JSON with the storyboard under `spec`, or YAML that is the storyboard
 * itself, with everything else in the query. What is wrong with YAML is shown with line, column and source line.
 */

import { Problem } from '../core/platform/errors.ts'
import { parseStoryboard } from '../core/storyboard/parse.ts'
import type { SourceMap } from '../core/storyboard/source-map.ts'
import type { EstimateRequest, GenerateRequest } from '../schemas/types.ts'
import { type BodyReader, type BodyStatuses, mediaType, readText } from './body.ts'
import type { Context } from './context.ts'
import { queryText } from './query.ts'

export const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml']

export type StoryboardRequest = {
  spec: unknown
  owner: string | null
  options: Record<string, unknown> | null
  idempotencyKey: string | null
  /** Way back from the document to the text; null for JSON, whose text is the program's own. */
  source: SourceMap | null
}

type Body = Pick<GenerateRequest, 'spec' | 'owner' | 'idempotency_key'> & Pick<EstimateRequest, 'options'>

/** Options as query values: numbers and booleans are written as words there. */
function optionsFromQuery(ctx: Context): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  for (const name of ['engine', 'resolution', 'aspect', 'workflow', 'captions', 'cache', 'loudness']) {
    const value = queryText(ctx, name)
    if (value !== undefined) options[name] = value
  }
  for (const name of ['fps', 'seed']) {
    const value = queryText(ctx, name)
    // Anything but a number goes on as it is, and is refused with the words for a wrong option.
    if (value !== undefined) options[name] = /^\d{1,15}$/.test(value) ? Number(value) : value
  }
  for (const name of ['draft', 'timecode', 'slate']) {
    const value = queryText(ctx, name)
    if (value !== undefined) options[name] = value === 'true' ? true : value === 'false' ? false : value
  }
  // A slate may name its take, which is a number of its own in a query.
  const take = queryText(ctx, 'slate_take')
  if (take !== undefined && options.slate !== false)
    options.slate = { take: /^\d{1,15}$/.test(take) ? Number(take) : take }
  const scenes = queryText(ctx, 'scenes')
  if (scenes !== undefined) options.scenes = scenes.split(',').map((id) => id.trim())
  return options
}

/** The idempotency key of the header. */
export function headerKey(ctx: Context): string | null {
  const key = ctx.get('idempotency-key')
  if (key === '') return null
  if ([...key].length > 255)
    throw new Problem('VALIDATION_ERROR', 'Idempotency-Key may have at most 255 characters')
  return key
}

export async function readStoryboardRequest(
  ctx: Context,
  readBody: BodyReader<Body>,
  statuses: BodyStatuses,
): Promise<StoryboardRequest> {
  if (!YAML_TYPES.includes(mediaType(ctx.req))) {
    const body = await readBody(ctx.req)
    return {
      spec: body.spec,
      owner: body.owner ?? null,
      options: (body.options ?? null) as Record<string, unknown> | null,
      idempotencyKey: body.idempotency_key ?? headerKey(ctx),
      source: null,
    }
  }
  const parsed = parseStoryboard(await readText(ctx.req, YAML_TYPES, statuses), { format: 'yaml' })
  if ('errors' in parsed) {
    const [first] = parsed.errors
    throw new Problem(
      'VALIDATION_ERROR',
      `the YAML cannot be used: line ${first?.line}, column ${first?.column}: ${first?.message}`,
      {
        reason: first?.code ?? 'syntax',
        details: { valid: false, errors: parsed.errors, warnings: [] },
      },
    )
  }
  return {
    spec: parsed.document,
    owner: queryText(ctx, 'owner') ?? null,
    options: optionsFromQuery(ctx),
    idempotencyKey: headerKey(ctx),
    source: parsed.source,
  }
}
