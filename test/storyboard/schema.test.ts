import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { SYSTEM_ASSET_IDS, SYSTEM_ASSETS } from '../../core/storyboard/system-assets.ts'
import optionsSchema from '../../schemas/render-options.schema.json' with { type: 'json' }
import schema from '../../schemas/storyboard.schema.json' with { type: 'json' }

type Node = { [key: string]: unknown }

/** Every schema of a field, with the path to it. */
function* fields(node: Node, path: string): Generator<[string, Node]> {
  for (const [name, field] of Object.entries((node.properties ?? {}) as Record<string, Node>)) {
    yield [`${path}.${name}`, field]
    yield* fields(field, `${path}.${name}`)
  }
}

for (const [name, root] of [
  ['storyboard', schema],
  ['render options', optionsSchema],
] as const) {
  t.test(`${name}: every field explains itself to an editor`, async (t) => {
    const defs = ((root as Node).$defs ?? {}) as Record<string, Node>
    const all = [...fields(root as Node, '')]
    for (const [def, node] of Object.entries(defs)) all.push([def, node], ...fields(node, def))
    t.ok(all.length >= 7)
    for (const [path, node] of all) {
      const target = typeof node.$ref === 'string' ? defs[node.$ref.replace('#/$defs/', '')]! : {}
      const told = { ...target, ...node }
      for (const word of ['title', 'description', 'examples']) {
        if (!(word in told)) t.fail(`${path} has no ${word}`)
      }
    }
  })
}

t.test('examples and defaults of the storyboard schema obey it', async (t) => {
  const ajv = new Ajv2020({ allowUnionTypes: true })
  ajv.addVocabulary(['x-rule', 'enumDescriptions'])
  ajv.addSchema(schema, 'storyboard')
  const visit = (node: unknown, pointer: string): void => {
    if (node === null || typeof node !== 'object') return
    const { examples, default: preset } = node as { examples?: unknown[]; default?: unknown }
    if (Array.isArray(examples) && pointer !== '') {
      const validate = ajv.compile({ $ref: `storyboard#${pointer}` })
      for (const example of [...examples, ...(preset === undefined ? [] : [preset])]) {
        if (!validate(example))
          t.fail(`${pointer}: ${JSON.stringify(example)} ${ajv.errorsText(validate.errors)}`)
      }
    }
    for (const [key, child] of Object.entries(node)) {
      if (key !== 'examples' && key !== 'default' && key !== 'enum') visit(child, `${pointer}/${key}`)
    }
  }
  visit(schema, '')
})

t.test('every schema is one by the rules of its draft, which is not checked again at run time', async (t) => {
  const folder = new URL('../../schemas/', import.meta.url)
  const files = (await readdir(folder)).filter((name) => name.endsWith('.schema.json'))
  t.ok(files.length >= 30)
  const ajv = new Ajv2020()
  for (const file of files) {
    const isValid = ajv.validateSchema(JSON.parse(await readFile(new URL(file, folder), 'utf8')))
    t.ok(isValid, `${file} ${ajv.errorsText()}`)
  }
  t.notOk(ajv.validateSchema({ type: 'sometimes' }), 'what is none is told')
})

const run = promisify(execFile)
const tool = fileURLToPath(new URL('../../tools/generate-types.ts', import.meta.url))

t.test('the generated types are those of the schemas', async (t) => {
  await t.resolves(run(process.execPath, [tool, '--check']))
})

t.test('a stale types file fails the check, and generating mends it', async (t) => {
  const dir = await mkdtemp(path.join(tmpdir(), 'framecast-types-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const put = (properties: object) =>
    writeFile(
      path.join(dir, 'thing.schema.json'),
      JSON.stringify({ title: 'Thing', type: 'object', properties }),
    )
  const generate = (...args: string[]) => run(process.execPath, [tool, ...args, dir])
  await put({ name: { type: 'string' } })
  await t.rejects(generate('--check'), { code: 1, stderr: /stale/ }, 'missing')
  await generate()
  await t.resolves(generate('--check'), 'fresh')
  await put({ name: { type: 'number' } })
  await t.rejects(generate('--check'), { code: 1, stderr: /stale/ }, 'changed')
})

t.test('the catalogue of system sounds', async (t) => {
  t.equal(SYSTEM_ASSETS.length, 42)
  t.equal(SYSTEM_ASSET_IDS.size, 42)
  const count = (category: string) => SYSTEM_ASSETS.filter((asset) => asset.category === category).length
  t.same(['sfx', 'ambient', 'music', 'transition'].map(count), [15, 11, 10, 6])
  for (const asset of SYSTEM_ASSETS) {
    t.match(asset.id, /^asset_(sfx|ambient|music|transition)_[a-z0-9_]+$/)
    t.ok(asset.seconds > 0 && asset.tags.length === 4 && asset.description !== '')
  }
  t.match(
    SYSTEM_ASSETS.find((asset) => asset.id === 'asset_sfx_footsteps_running'),
    { name: 'Footsteps Running', seconds: 1.2, tags: ['human', 'movement', 'running', 'fast'] },
  )
})
