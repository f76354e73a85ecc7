/** Lists of weights: what an entry must say, what it may leave open, and a studio's own list beside the shipped one. */

import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { stringify } from 'yaml'
import { BUILTIN_WORKFLOWS_DIR, loadModelList, loadWorkflows } from '../../core/workflows/load.ts'
import { type Model, parseModelList, sizeOfModel } from '../../core/workflows/models.ts'
import { requirementsOf } from '../../core/workflows/requirements.ts'
import { WorkflowError } from '../../core/workflows/types.ts'
import { checkWeight } from '../../core/workflows/weights-on-disk.ts'

const BYTES = Buffer.from('weights of a very small model')
const model: Model = {
  file: 'tiny.safetensors',
  folder: 'vae',
  url: 'https://weights.example/tiny.safetensors',
  sizeBytes: BYTES.length,
  sha256: createHash('sha256').update(BYTES).digest('hex'),
  licence: 'Free',
  vramGb: 8,
}
const listOf = (...models: object[]): string =>
  stringify({ version: 2, licences: { Free: { name: 'Free', restricted: false } }, models })
const folder = (t: Test): string => {
  const dir = mkdtempSync(join(tmpdir(), 'framecast-models-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

t.test('an entry that is unsafe, incomplete or contradicts itself is refused, with its place', async (t) => {
  for (const [over, text] of [
    [{ file: '../evil.safetensors' }, /models\[0\]\.file: must match pattern/],
    [{ file: 'weights.ckpt' }, /models\[0\]\.file/],
    [{ folder: '/etc' }, /models\[0\]\.folder/],
    [{ folder: '..' }, /models\[0\]\.folder/],
    [{ sha256: 'abc' }, /models\[0\]\.sha256/],
    [{ sha256: undefined }, /required property 'sha256'/],
    [{ vramGb: undefined }, /required property 'vramGb'/],
    [{ sizeBytes: 1.5 }, /models\[0\]\.sizeBytes/],
    [{ sizeBytes: undefined }, /models\[0\]/],
    [{ approxGb: 1 }, /exactly one/],
    [{ url: 'http://plain.example/x' }, /models\[0\]\.url/],
    [{ licence: 'Fre' }, /models\[0\]\.licence: "Fre" is not among the licences \(one of Free\)/],
    [{ lisence: 'Free' }, /unknown field "lisence"/],
  ] as [object, RegExp][])
    t.throws(
      () => parseModelList(listOf({ ...model, ...over }), 'models.yaml'),
      { message: text },
      JSON.stringify(over),
    )
  t.throws(() => parseModelList(listOf(model, model), 'x'), {
    message: /"tiny\.safetensors" is listed twice/,
  })
  t.throws(() => parseModelList('', 'x'), { message: /x: must be object/ })
  t.throws(() => parseModelList('a: [', 'x'), { message: /is not YAML/ })
  t.throws(() => parseModelList(`a: "${'x'.repeat(300_000)}"`, 'x'), { message: /larger than 256 kB/ })
})

t.test('what is not known of a weight is said, not invented', async (t) => {
  const { sizeBytes: _, ...rest } = model
  const list = parseModelList(listOf({ ...rest, approxGb: 1.5, sha256: null, vramGb: null }), 'x')
  t.equal(sizeOfModel(list.models[0]!), 1.5e9)
  const shipped = (await loadModelList([BUILTIN_WORKFLOWS_DIR])).models
  t.strictSame(
    shipped
      .filter(({ sha256 }) => sha256 === null)
      .map(({ file }) => file)
      .sort(),
    [
      'RealESRGAN_x4plus.safetensors',
      'film_net_fp16.safetensors',
      'gemma4-12b-with-proj-ltx-2.5-comfy-int8-convrot.safetensors',
      'hunyuanvideo1.5_720p_i2v_fp16.safetensors',
      'hunyuanvideo1.5_720p_t2v_fp16.safetensors',
      'ltx-video-2b-v0.9.5.safetensors',
      'mm_sd15_v3.safetensors',
      'qwen_image_2512_fp8_e4m3fn.safetensors',
      'qwen_image_edit_2511_bf16.safetensors',
      'svd_xt.safetensors',
      'v1-5-pruned-emaonly-fp16.safetensors',
    ],
    'these hashes are not published where we read; a new one belongs into the list and out of this test',
  )
})

t.test('a studio lists its own weights beside its workflows, and corrects ours', async (t) => {
  const dir = folder(t)
  const workflow = {
    slug: 'studio-tiny',
    name: 'Tiny',
    category: 'text-to-video',
    engine: 'comfyui',
    graph: {
      vae: { class_type: 'VAELoader', inputs: { vae_name: 'tiny.safetensors' } },
      other: { class_type: 'VAELoader', inputs: { vae_name: 'wan_2.1_vae.safetensors' } },
      lost: { class_type: 'VAELoader', inputs: { vae_name: 'nobody-knows.safetensors' } },
      save: { class_type: 'SaveVideo', inputs: { filename_prefix: 'x' } },
    },
    parameters: [],
    outputs: [{ name: 'clip', node_id: 'save', kind: 'video', primary: true }],
  }
  writeFileSync(join(dir, 'tiny.json'), JSON.stringify(workflow))
  const own = { ...model, licence: 'Stability-AI-Community' }
  const corrected = { ...model, file: 'wan_2.1_vae.safetensors', vramGb: 6 }
  writeFileSync(join(dir, 'models.yaml'), listOf(own, corrected))
  const template = (await loadWorkflows([BUILTIN_WORKFLOWS_DIR, dir])).get('studio-tiny')!
  const { licences, unlisted, vramGb } = requirementsOf(template)
  t.strictSame(
    licences.map(({ id }) => id),
    ['Free', 'Stability-AI-Community'],
    'licences of the product may be named',
  )
  t.strictSame(unlisted, ['nobody-knows.safetensors'])
  t.equal(vramGb, null, 'of a file that nobody describes, nothing is known')
  t.match(template.weights.find(({ file }) => file === 'wan_2.1_vae.safetensors')?.model, { vramGb: 6 })

  writeFileSync(join(dir, 'models.yaml'), 'version: 1')
  const error = await loadWorkflows([BUILTIN_WORKFLOWS_DIR, dir]).catch((reason: unknown) => reason)
  t.ok(error instanceof WorkflowError && error.file === join(dir, 'models.yaml'))
})

t.test('a weight on disk: missing, cut short, other bytes, right, or not to be verified', async (t) => {
  const dir = folder(t)
  const state = async (over: Partial<Model> = {}, deep = true) =>
    (await checkWeight(dir, { ...model, ...over }, { deep })).state
  t.equal(await state(), 'missing')
  await mkdir(join(dir, 'vae'))
  const file = join(dir, 'vae/tiny.safetensors')
  await writeFile(file, BYTES.subarray(1))
  t.equal(await state(), 'wrong_size')
  await writeFile(file, Buffer.alloc(BYTES.length, 7))
  t.equal(await state(), 'wrong_hash')
  t.equal(await state({}, false), 'there')
  await writeFile(file, BYTES)
  t.equal(await state(), 'right')
  t.match(await checkWeight(dir, { ...model, sha256: null }, { deep: true }), {
    state: 'unverified',
    sha256: model.sha256,
  })
  const stop = AbortSignal.abort(new Error('enough'))
  await t.rejects(checkWeight(dir, model, { deep: true, signal: stop }))
})
