/** Workflow files: the built-in ones, and what an operator is told about a wrong one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { injectParameters } from '../../core/workflows/inject.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows, parseWorkflow } from '../../core/workflows/load.ts'
import { WorkflowError } from '../../core/workflows/types.ts'
import { loadCatalogue, validate } from '../support/fake-comfyui/catalogue.ts'

type Json = Record<string, unknown>

const good = (): Json => ({
  slug: 'studio-test',
  name: 'Test',
  category: 'text-to-video',
  engine: 'comfyui',
  graph: {
    text: { class_type: 'Text', inputs: { value: 'a', other: ['save', 0] } },
    save: { class_type: 'SaveVideo', inputs: { filename_prefix: 'x' } },
  },
  parameters: [
    {
      name: 'prompt',
      role: 'prompt',
      type: 'text',
      required: true,
      targets: [{ node_id: 'text', input: 'value' }],
    },
  ],
  outputs: [{ name: 'clip', node_id: 'save', kind: 'video', primary: true }],
})

function folder(t: Test, files: Record<string, unknown>): string {
  const dir = mkdtempSync(join(tmpdir(), 'framecast-workflows-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  for (const [name, body] of Object.entries(files))
    writeFileSync(join(dir, name), typeof body === 'string' ? body : JSON.stringify(body))
  return dir
}

const refusal = async (dirs: string[]): Promise<WorkflowError> => {
  const error = await loadWorkflows(dirs).then(
    () => new Error('it should have been refused'),
    (reason: unknown) => reason,
  )
  if (error instanceof WorkflowError) return error
  throw error
}

t.test('the built-in workflows load, with what is computed', async (t) => {
  const workflows = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])
  t.ok([...workflows.keys()].every((slug) => /^(core|preview)-/.test(slug)))
  t.match(workflows.get('core-wan22-5b-t2v'), {
    engine: 'comfyui',
    primaryOutput: { node_id: 'save', kind: 'video' },
    models: [
      'umt5_xxl_fp8_e4m3fn_scaled.safetensors',
      'wan2.2_ti2v_5B_fp16.safetensors',
      'wan2.2_vae.safetensors',
    ],
    digest: /^[0-9a-f]{64}$/,
  })
  t.strictSame(workflows.get('preview-animatic')?.requires, ['FramecastAnimatic', 'SaveVideo'])
})

t.test('a filled Wan graph passes the definitions of the real server', async (t) => {
  const wan = (await loadWorkflows([BUILTIN_WORKFLOWS_DIR])).get('core-wan22-5b-t2v')
  if (!wan) throw new Error('no Wan workflow')
  const graph = injectParameters(wan, {
    prompt: 'a lighthouse',
    seed: 7,
    width: 1280,
    height: 704,
    frames: 120,
    fps: 24,
  })
  t.strictSame(validate(graph, loadCatalogue(wan.models), new Set()), { outputs: ['save'], nodeErrors: {} })
  t.match(validate(graph, loadCatalogue([]), new Set()), {
    error: { type: 'prompt_outputs_failed_validation' },
  })
  const { save } = graph
  t.match(
    save?.inputs,
    { format: 'mp4', codec: 'h264' },
    'the one spelling that all releases of SaveVideo take',
  )
})

t.test("an operator's file is added, whatever its name", async (t) => {
  const dir = folder(t, { 'anything.json': good(), 'notes.txt': 'not a workflow', '.hidden.json': '{' })
  const workflows = await loadWorkflows([BUILTIN_WORKFLOWS_DIR, dir])
  t.equal(workflows.get('studio-test')?.file, join(dir, 'anything.json'))
  t.equal(workflows.size, (await loadWorkflows([BUILTIN_WORKFLOWS_DIR])).size + 1)
})

t.test('a wrong file is named, with the place and what would be right', async (t) => {
  const row = (change: (document: Json) => void): Json => {
    const document = good()
    change(document)
    return document
  }
  const parameters = (document: Json): Json[] => document.parameters as Json[]
  for (const [body, text] of [
    ['{ "slug": ', /is not JSON/],
    [{ nodes: [], links: [], version: 0.4 }, /Export \(API\)/],
    [row((d) => delete d.slug), /required property 'slug'/],
    [row((d) => Object.assign(d, { slug: 'No Spaces' })), /slug: must match pattern/],
    [row((d) => Object.assign(d, { engin: 'x' })), /unknown field "engin"/],
    [row((d) => Object.assign(d, { engine: 'gpu' })), /engine: .*comfyui, preview/],
    [row((d) => Object.assign(d, { graph: { nodes: [], links: [] } })), /graph/],
    [
      row((d) => Object.assign(d, { graph: { save: { class_type: 'X', inputs: { a: ['nope', 0] } } } })),
      /"nope"/,
    ],
    [row((d) => Object.assign(parameters(d)[0] ?? {}, { role: 'promt' })), /parameters\[0\]\.role/],
    [
      row((d) => Object.assign(parameters(d)[0] ?? {}, { default: 'x' })),
      /required parameter has no default/,
    ],
    [
      row((d) => Object.assign(parameters(d)[0] ?? {}, { targets: [{ node_id: 'txt', input: 'value' }] })),
      /parameters\[0\]\.targets\[0\]\.node_id: there is no node "txt".*one of text, save/,
    ],
    [
      row((d) => Object.assign(parameters(d)[0] ?? {}, { targets: [{ node_id: 'text', input: 'valu' }] })),
      /has no input "valu".*one of value, other/,
    ],
    [
      row((d) => Object.assign(parameters(d)[0] ?? {}, { targets: [{ node_id: 'text', input: 'other' }] })),
      /holds a link/,
    ],
    [
      row((d) => parameters(d).push({ ...parameters(d)[0], name: 'second' })),
      /filled by parameter "prompt" already/,
    ],
    [row((d) => parameters(d).push({ ...parameters(d)[0] })), /"prompt" is used twice/],
    [
      row((d) =>
        Object.assign(parameters(d)[0] ?? {}, {
          targets: [{ node_id: 'text', input: 'value', transform: { op: 'scale', by: 2 } }],
        }),
      ),
      /scale is for numbers/,
    ],
    [
      row((d) =>
        Object.assign(d, { outputs: [{ name: 'x', node_id: 'save', kind: 'video', primary: false }] }),
      ),
      /exactly one/,
    ],
    [
      row((d) =>
        Object.assign(d, { outputs: [{ name: 'x', node_id: 'none', kind: 'video', primary: true }] }),
      ),
      /"none"/,
    ],
    [row((d) => Object.assign(d, { slug: 'core-mine' })), /core-.*built-in/],
    [row((d) => Object.assign(d, { slug: 'preview-animatic' })), /slug of preview-animatic\.json already/],
    [
      JSON.stringify(good()).replace('"value":"a"', '"value":9007199254740993'),
      /graph\.text\.inputs\.value: unsafe integer/,
    ],
  ] as [unknown, RegExp][]) {
    const dir = folder(t, { 'wrong.json': body })
    const error = await refusal([BUILTIN_WORKFLOWS_DIR, dir])
    t.match(error.message, text)
    t.equal(error.file, join(dir, 'wrong.json'), String(text))
    t.equal(error.code, 'workflow_invalid')
  }
})

t.test('all problems of a file are told at once', async (t) => {
  const document = good()
  document.outputs = []
  document.name = ''
  document.tags = [1]
  try {
    parseWorkflow(JSON.stringify(document), 'x.json')
    t.fail('it should have been refused')
  } catch (error) {
    t.ok(error instanceof WorkflowError && error.problems.length >= 3)
  }
})

t.test('a folder that is missing, and a file that is too large', async (t) => {
  t.match((await refusal([join(tmpdir(), 'framecast-no-such-folder')])).message, /cannot be read \(ENOENT\)/)
  const dir = folder(t, { 'large.json': `"${'x'.repeat(3 * 1024 * 1024)}"` })
  t.match((await refusal([dir])).message, /larger than 2 MiB/)
})
