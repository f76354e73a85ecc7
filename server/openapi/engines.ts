/** Operations on the servers that render. */

import type { Engine, EngineCatalogue } from '../../schemas/types.ts'
import { json, type Operation, type Parameter, type Refusal } from './operation.ts'

const engine: Engine = {
  slug: 'comfyui-gpu-01-8188',
  kind: 'comfyui',
  name: 'gpu-01:8188',
  team_id: null,
  enabled: true,
  drain: false,
  concurrency: 1,
  in_use: 1,
  loaded: [
    'umt5_xxl_fp8_e4m3fn_scaled.safetensors',
    'wan2.2_ti2v_5B_fp16.safetensors',
    'wan2.2_vae.safetensors',
  ],
  capabilities: { stages: ['scene'], workflows: ['core-wan22-5b-i2v', 'core-wan22-5b-t2v'] },
  health: {
    state: 'healthy',
    checked_at: '2026-11-25T12:00:00.000Z',
    latency_ms: 4,
    queue_running: 1,
    queue_pending: 0,
    vram_total: 25_757_220_864,
    vram_free: 3_221_225_472,
    version: '0.33.0',
    last_error: null,
  },
}

const catalogue: EngineCatalogue = {
  engine: engine.slug,
  hash: '5f0c2c9e4f7a0a6b8d1e3f5a7c9b1d3e5f7a9c1b3d5e7f9a1c3b5d7e9f1a3c5b',
  fetched_at: '2026-11-25T12:00:00.000Z',
  node_classes: [
    { name: 'UNETLoader', pack: null, files: { unet_name: ['wan2.2_ti2v_5B_fp16.safetensors'] } },
    { name: 'VHS_VideoCombine', pack: 'ComfyUI-VideoHelperSuite', files: {} },
  ],
}

const SLUG: Parameter = {
  name: 'slug',
  in: 'path',
  required: true,
  description: 'Slug of the engine.',
  schema: { type: 'string' },
  example: engine.slug,
}
const MISSING: Refusal = { code: 'NOT_FOUND', when: 'There is no such engine.', text: 'no such engine' }
const NOT_OPERATOR: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'The caller is no operator.',
  text: 'only an operator of this installation may do this',
}
const NO_WORKER: Refusal = {
  code: 'SERVICE_UNAVAILABLE',
  when: 'No worker looked at it within 15 seconds.',
  text: 'no worker could look at this engine in time',
}

const INCLUDE: Parameter = {
  name: 'include',
  in: 'query',
  required: false,
  description:
    '`standing` adds what it works on, what waits for it, and since when it has been silent. Work of others is counted and not named.',
  schema: { enum: ['standing'] },
}
const WRONG_INCLUDE: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'include is something else.',
  text: 'include must be standing',
}

const read = (
  over: Pick<Operation, 'path' | 'operationId' | 'summary' | 'replies'> & Partial<Operation>,
): Operation => ({
  method: 'get',
  tag: 'Engines',
  access: { kind: 'key', scopes: [] },
  parameters: [SLUG],
  refusals: [MISSING],
  ...over,
})

const act = (
  name: string,
  over: Pick<Operation, 'operationId' | 'summary' | 'description' | 'replies'>,
  refusals: readonly Refusal[] = [],
): Operation => ({
  method: 'post',
  path: `/v1/admin/engines/{slug}/${name}`,
  tag: 'Engines',
  access: { kind: 'key', scopes: ['*'] },
  parameters: [SLUG],
  refusals: [NOT_OPERATOR, MISSING, ...refusals],
  ...over,
})

export const engineOperations: readonly Operation[] = [
  read({
    path: '/v1/engines',
    operationId: 'listEngines',
    summary: 'List engines',
    description:
      'Servers that the configuration names, and how they do; the cloud endpoint too, where one is configured: `runpod`, which is known by its last scene and cannot be drained. Addresses and credentials are never shown.',
    parameters: [INCLUDE],
    refusals: [WRONG_INCLUDE],
    replies: [json(200, 'All of them, by kind and slug.', ['engine'], [engine])],
  }),
  read({
    path: '/v1/engines/{slug}',
    operationId: 'getEngine',
    summary: 'Read an engine',
    parameters: [SLUG, INCLUDE],
    refusals: [MISSING, WRONG_INCLUDE],
    replies: [json(200, 'The engine.', 'engine', engine)],
  }),
  read({
    path: '/v1/engines/{slug}/health',
    operationId: 'getEngineHealth',
    summary: 'How an engine does',
    description: 'As a worker found it last; workers look every 15 seconds.',
    replies: [json(200, 'Its health.', 'engine-health', engine.health)],
  }),
  read({
    path: '/v1/engines/{slug}/catalogue',
    operationId: 'getEngineCatalogue',
    summary: 'What is installed on an engine',
    description: 'Node classes with their packages, and the files that may be chosen in each.',
    replies: [json(200, 'Its catalogue.', 'engine-catalogue', catalogue)],
    refusals: [{ ...MISSING, when: 'There is no such engine, or nobody has read its catalogue yet.' }],
  }),
  act('drain', {
    operationId: 'drainEngine',
    summary: 'Take an engine out of service',
    description: 'It finishes what it has and is given nothing more, until it is resumed.',
    replies: [json(200, 'The engine.', 'engine', { ...engine, drain: true })],
  }),
  act('resume', {
    operationId: 'resumeEngine',
    summary: 'Put an engine back into service',
    description: 'Also after it was blocked or rests: what was held against it is forgotten.',
    replies: [json(200, 'The engine.', 'engine', engine)],
  }),
  act(
    'test',
    {
      operationId: 'testEngine',
      summary: 'Look at an engine now',
      description: 'A worker asks it how it does.',
      replies: [json(200, 'What was found.', 'engine-health', engine.health)],
    },
    [NO_WORKER],
  ),
  act(
    'refresh-catalogue',
    {
      operationId: 'refreshEngineCatalogue',
      summary: 'Read the catalogue of an engine anew',
      description: 'After nodes or weights were installed.',
      replies: [json(200, 'Its catalogue.', 'engine-catalogue', catalogue)],
    },
    [NO_WORKER],
  ),
]
