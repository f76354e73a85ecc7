/** `framecast workflows` and `framecast models`: answers from files alone, as tables and as JSON. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { tableLines } from '../../cli/table.ts'
import { runCli } from './support.ts'

const dir = await mkdtemp(path.join(tmpdir(), 'framecast-library-'))
t.teardown(() => rm(dir, { recursive: true, force: true }))
const studio = path.join(dir, 'workflows')
const models = path.join(dir, 'models')
mkdirSync(studio)
mkdirSync(path.join(models, 'vae'), { recursive: true })

const BYTES = Buffer.from('a very small model')
const weight = (file: string, over: object = {}) => ({
  file: `${file}.safetensors`,
  folder: 'vae',
  url: `https://weights.example/${file}.safetensors`,
  sizeBytes: BYTES.length,
  sha256: createHash('sha256').update(BYTES).digest('hex'),
  licence: 'Apache-2.0',
  vramGb: 4,
  ...over,
})
const workflow = (slug: string, ...files: string[]) => ({
  slug,
  name: slug,
  category: 'text-to-video',
  engine: 'comfyui',
  graph: {
    ...Object.fromEntries(
      files.map((file) => [file, { class_type: 'VAELoader', inputs: { vae_name: `${file}.safetensors` } }]),
    ),
    save: { class_type: 'SaveVideo', inputs: { filename_prefix: 'x' } },
  },
  parameters: [],
  outputs: [{ name: 'clip', node_id: 'save', kind: 'video', primary: true }],
})
writeFileSync(
  path.join(studio, 'models.yaml'),
  stringify({
    version: 2,
    licences: { 'Studio-Only': { name: 'Studio only', restricted: true } },
    models: [
      weight('tiny'),
      weight('closed', { licence: 'Studio-Only' }),
      weight('open', { sha256: null, vramGb: null }),
    ],
  }),
)
writeFileSync(path.join(studio, 'tiny.json'), JSON.stringify(workflow('studio-tiny', 'tiny')))
writeFileSync(
  path.join(studio, 'both.json'),
  JSON.stringify(workflow('studio-both', 'tiny', 'closed', 'open')),
)
writeFileSync(path.join(studio, 'lost.json'), JSON.stringify(workflow('studio-lost', 'nobody-knows')))

const run = (args: string[], env: Record<string, string> = {}) =>
  runCli(args, { cwd: dir, env: { WORKFLOWS_DIR: studio, ...env } })
const json = async (args: string[], env: Record<string, string> = {}) => {
  const { out, err, code } = await run([...args, '--json'], env)
  t.match(out, /^\{.*\}\n$/s, `one line of JSON: ${err}`)
  return { ...JSON.parse(out), code }
}
type Listed = { slug: string; offered: boolean; reason?: string; licences: object[] }

t.test('workflows: what is offered, and why the rest is not', async (t) => {
  const short = await run(['workflows'])
  t.match(short, { code: 0, out: /core-wan22-5b-t2v +text-to-video +8 GB +18\.1 GB +Apache-2\.0 +offered/ })
  t.match(short.out, /default: core-wan22-5b-t2v \(the memory of the graphics card is not known/)
  t.notMatch(short.out, /core-svd-i2v/)
  t.match(short.err, /more are not offered here; --all shows them and why/)
  const all = await run(['workflows', '--all'])
  t.match(all.out, /core-svd-i2v .* \? +9\.6 GB +Stability-AI-Community +not offered/)
  t.match(
    all.out,
    /not offered: core-sdxl-svd-t2v, core-svd-i2v: its weights are under Stability-AI-Community/,
  )

  const listed = await json(['workflows'], {
    ACCEPTED_LICENCES: 'Studio-Only',
    FRAMECAST_MODE: 'self-hosted-production',
  })
  t.match(listed, { mode: 'self-hosted', default: { slug: 'core-wan22-5b-t2v' } })
  const named = (slug: string) => (listed.workflows as Listed[]).find((one) => one.slug === slug)
  t.match(named('studio-both'), { offered: true, vram_gb: null, hosts: [] })
  t.match(named('studio-lost'), { offered: false, reason: /no list of models describes/ })
  t.match(named('core-svd-i2v'), {
    licences: [{ id: 'Stability-AI-Community', restricted: true, accepted: false }],
    longest_scene_s: 25 / 6,
  })
})

t.test('workflows: what default means on a card, or by word of the operator', async (t) => {
  t.match(await json(['workflows', '--vram', '24', '--ram', '64']), {
    default: { slug: 'core-wan22-14b-t2v-4step', reason: /the card has 24 GB/ },
  })
  t.match(await json(['workflows', '--vram', '24', '--ram', '32']), {
    default: { slug: 'core-wan22-5b-t2v', reason: /wants 64 GB of main memory and there are 32 GB/ },
  })
  t.match(await json(['workflows'], { DEFAULT_WORKFLOW: 'studio-tiny' }), {
    default: { slug: 'studio-tiny' },
  })
})

t.test('models list: every weight once, with what is not known said so', async (t) => {
  const { out } = await run(['models', 'list'])
  t.match(out, /vae\/open\.safetensors +18 B +\? +none +Apache-2\.0 +studio-both/)
  t.match(out, /vae\/closed\.safetensors .* Studio-Only \*/)
  t.match(out, /checkpoints\/svd_xt\.safetensors +~9\.6 GB +\? +none +Stability-AI-Community \*/)
  t.match(
    out,
    /umt5_xxl_fp8_e4m3fn_scaled\.safetensors +6\.7 GB +8 GB +c3355d30 +Apache-2\.0 +core-.* and \d+ more/,
  )
  t.match(out, /\* MiniMax-H3-Community: .*Grants nothing in the European Union/)
  const { models: listed } = await json(['models', 'list'])
  t.match(
    listed.find(({ file }: { file: string }) => file === 'open.safetensors'),
    { verified: false, sizeExact: true, workflows: ['studio-both'] },
  )
})

t.test('models plan: what is to be fetched, how much, and whether it fits', async (t) => {
  const wan = await json(['models', 'plan', 'core-wan22-14b-t2v-4step', '--vram', '12', '--ram', '32'])
  t.match(wan, {
    workflows: [{ vram_gb: 12, ram_gb: 64, fits_vram: true, fits_ram: false, licences_to_accept: [] }],
    files: { length: 6 },
  })
  t.equal(wan.fetch_bytes, wan.total_bytes)
  t.match(await json(['models', 'plan']), {
    default: { slug: 'core-wan22-5b-t2v' },
    total_bytes: 18_144_966_705,
  })
  writeFileSync(path.join(models, 'vae/tiny.safetensors'), BYTES)
  const both = await run(['models', 'plan', 'studio-both', '--dir', models])
  t.match(both, { code: 0, out: /36 B to fetch of 54 B/ })
  t.match(both.out, /tiny\.safetensors +18 B +Apache-2\.0 +there/)
  t.match(both.out, /open\.safetensors +18 B +Apache-2\.0 +fetch, unverified/)
  t.match(both.out, /studio-both: how much graphics memory it needs is not known; 1 GB of main memory/)
  t.match(both.out, /studio-both: read Studio-Only, then name it in ACCEPTED_LICENCES/)
  t.match(await run(['models', 'plan', 'studio-lost']), { code: 1, err: /names nobody-knows\.safetensors/ })
  t.match(await run(['models', 'plan', 'core-none']), { code: 2, err: /no workflow "core-none"/ })
})

t.test('models verify: right, wrong, cut short, missing, and not to be verified', async (t) => {
  const verify = (...args: string[]) => run(['models', 'verify', ...args, '--dir', models])
  t.match(await verify(), {
    code: 0,
    out: /vae\/tiny\.safetensors: right\n1 of \d+ files there: 0 wrong, 0 unverified/,
  })
  t.match(await verify('studio-both'), {
    code: 1,
    out: /closed\.safetensors: missing/,
    err: /0 files are wrong, 2 are missing/,
  })
  writeFileSync(path.join(models, 'vae/open.safetensors'), BYTES)
  writeFileSync(path.join(models, 'vae/closed.safetensors'), BYTES.subarray(1))
  const cut = await verify('studio-both')
  t.match(cut, { code: 1, out: /closed\.safetensors: wrong size \(17 bytes, the list says 18 B\)/ })
  t.match(cut.out, /open\.safetensors: unverified: no hash is published \(sha256 [0-9a-f]{64}\)/)
  writeFileSync(path.join(models, 'vae/closed.safetensors'), Buffer.alloc(BYTES.length, 1))
  t.match(await verify('studio-both', '--quick'), {
    code: 0,
    out: /closed\.safetensors: right size, not read/,
  })
  t.match(await json(['models', 'verify', 'studio-both', '--dir', models]), {
    code: 1,
    ok: false,
    files: [
      { path: 'vae/closed.safetensors', state: 'wrong_hash', sha256_found: /^[0-9a-f]{64}$/ },
      { state: 'unverified', sha256_listed: null },
      { state: 'right' },
    ],
  })
})

t.test('what is wrong in the environment or the folder is named', async (t) => {
  t.match(await run(['workflows'], { FRAMECAST_MODE: 'prod' }), {
    code: 2,
    err: /FRAMECAST_MODE is "prod"; it must be one of/,
  })
  t.match(await run(['workflows'], { WORKFLOWS_DIR: '/no/such/folder' }), {
    code: 2,
    err: /cannot be read \(ENOENT\)/,
  })
})

t.test('a table is as wide as its widest cell, and steers no terminal', async (t) => {
  t.strictSame(
    tableLines(
      ['name', 'size'],
      [
        ['a\u001b[31m', '1'],
        ['日本', '1,000'],
      ],
      [1],
    ),
    ['name     size', 'a [31m      1', '日本    1,000'],
  )
})
