/** Filling parameters into graphs: transforms, refusals, and properties that hold for all values. */
import fc from 'fast-check'
import t from 'tap'
import { canonicalJson, graphDigest } from '../../core/workflows/canonical.ts'
import { checkGraph, findCycle, isUnsafePath } from '../../core/workflows/graph.ts'
import { applyTransform, injectParameters, valueProblem } from '../../core/workflows/inject.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../../core/workflows/load.ts'
import { type Graph, type Parameter, type Transform, WorkflowError } from '../../core/workflows/types.ts'

const builtin = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])
const wan = builtin.get('core-wan22-5b-t2v')
const preview = builtin.get('preview-animatic')
if (!wan || !preview) throw new Error('built-in workflows')

const chain = (): Graph => ({
  a: { class_type: 'Source', inputs: { text: 'x', number: 1, other: 2, file: 'a.png' } },
  b: { class_type: 'Save', inputs: { from: ['a', 0], filename_prefix: 'p' } },
})
const parameter = (over: Partial<Parameter> = {}): Parameter => ({
  name: 'value',
  role: 'custom',
  type: 'integer',
  targets: [{ node_id: 'a', input: 'number' }],
  ...over,
})
const problemsOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof WorkflowError) return error.message
    throw error
  }
  return ''
}

t.test('transforms, one row each', async (t) => {
  for (const [value, transform, expected] of [
    [720, { op: 'multiple_of', n: 32 }, 736],
    [704, { op: 'multiple_of', n: 32 }, 704],
    [1, { op: 'multiple_of', n: 32 }, 32],
    [1, { op: 'frames', stride: 4, offset: 1 }, 1],
    [2, { op: 'frames', stride: 4, offset: 1 }, 5],
    [80, { op: 'frames', stride: 4, offset: 1 }, 81],
    [81, { op: 'frames', stride: 4, offset: 1 }, 81],
    [82, { op: 'frames', stride: 4, offset: 1 }, 85],
    [97, { op: 'frames', stride: 8, offset: 1 }, 97],
    [100, { op: 'frames', stride: 17, offset: 5 }, 107],
    [3, { op: 'frames', stride: 17, offset: 5 }, 5],
    [7, { op: 'offset', by: 1 }, 8],
    [7, { op: 'scale', by: 0.5 }, 3.5],
    ['a cat', { op: 'wrap', before: 'photo of ', after: ', 35 mm' }, 'photo of a cat, 35 mm'],
    ['x.png', { op: 'uploaded_name' }, 'x.png'],
  ] as [unknown, Transform, unknown][])
    t.equal(applyTransform(value, transform), expected, `${value} ${JSON.stringify(transform)}`)
})

t.test('transforms hold for all values', async (t) => {
  const count = fc.integer({ min: 1, max: 20_000 })
  fc.assert(
    fc.property(
      count,
      fc.integer({ min: 1, max: 64 }),
      fc.integer({ min: 0, max: 64 }),
      (frames, stride, offset) => {
        const snapped = applyTransform(frames, { op: 'frames', stride, offset }) as number
        return (
          snapped >= frames &&
          (snapped - offset) % stride === 0 &&
          (snapped - frames < stride || snapped === offset)
        )
      },
    ),
  )
  fc.assert(
    fc.property(count, fc.integer({ min: 1, max: 1_024 }), (size, n) => {
      const snapped = applyTransform(size, { op: 'multiple_of', n }) as number
      return snapped % n === 0 && snapped >= n && (Math.abs(snapped - size) <= n / 2 || snapped === n)
    }),
  )
  t.pass('properties hold')
})

t.test('a value goes to all its targets, each through its own transform', async (t) => {
  const targets = [
    { node_id: 'a', input: 'number' },
    { node_id: 'a', input: 'other', transform: { op: 'offset', by: 1 } as const },
  ]
  const graph = injectParameters({ graph: chain(), parameters: [parameter({ targets })] }, { value: 41 })
  t.match(graph.a?.inputs, { number: 41, other: 42 })
})

t.test('given value, default, or what the graph says', async (t) => {
  const filled = (over: Partial<Parameter>, values: Record<string, unknown>): unknown =>
    injectParameters({ graph: chain(), parameters: [parameter(over)] }, values).a?.inputs.number
  t.equal(filled({ default: 5 }, { value: 9 }), 9)
  t.equal(filled({ default: 5 }, {}), 5)
  t.equal(filled({ default: 5 }, { value: null }), 5)
  t.equal(filled({}, {}), 1)
  t.match(
    problemsOf(() => filled({ required: true }, {})),
    /value: is required/,
  )
})

t.test('refusals name the parameter and what would be right', async (t) => {
  for (const [over, value, text] of [
    [{}, 1.5, /whole number/],
    [{}, '7', /must be a number/],
    [{}, Number.NaN, /must be a number/],
    [{}, 2 ** 53, /unsafe integer/],
    [{ min: 2 }, 1, /at least 2/],
    [{ max: 2 }, 3, /at most 2/],
    [{ min: 0, step: 8 }, 12, /steps of 8/],
    [{ role: 'width' }, 100_000, /at most 8192/],
    [{ role: 'seed' }, -1, /at least 0/],
    [{ type: 'boolean' }, 'true', /true or false/],
    [{ type: 'enum', values: ['a', 'b'] }, 'c', /one of a, b/],
    [{ type: 'text', max_length: 3 }, 'long', /at most 3/],
    [{ type: 'text' }, 'a\0b', /NUL/],
    [{ type: 'image' }, '../secret.png', /plain name/],
    [{ type: 'image' }, '/etc/passwd', /plain name/],
    [{ type: 'string', role: 'model' }, 'C:\\models\\x.safetensors', /plain name/],
  ] as [Partial<Parameter>, unknown, RegExp][]) {
    const problem = problemsOf(() =>
      injectParameters({ graph: chain(), parameters: [parameter(over)] }, { value }),
    )
    t.match(problem, text, JSON.stringify([over, value]))
    t.match(problem, /value/)
  }
  const unknown = problemsOf(() =>
    injectParameters({ graph: chain(), parameters: [parameter()] }, { valeu: 1 }),
  )
  t.match(unknown, /valeu: is not a parameter of this workflow \(it has value\)/)
  t.match(
    problemsOf(() => injectParameters(wan, { prompt: 'x', constructor: 1 })),
    /constructor/,
  )
})

t.test('prose may begin with a slash; file names may not', async (t) => {
  const graph = injectParameters(wan, { prompt: '/imagine ../a lighthouse' })
  t.equal(graph.positive?.inputs.text, '/imagine ../a lighthouse')
})

t.test('whatever is filled in, the template keeps its graph', async (t) => {
  const before = canonicalJson(wan)
  fc.assert(
    fc.property(
      fc.record({
        prompt: fc.string({ maxLength: 200 }).filter((text) => !text.includes('\0')),
        seed: fc.maxSafeNat(),
        width: fc.integer({ min: 256, max: 1_280 }),
        frames: fc.integer({ min: 1, max: 1_441 }),
      }),
      (values) => {
        const graph = injectParameters(wan, values)
        const { width, length } = (graph.latent?.inputs ?? {}) as { width: number; length: number }
        const again = injectParameters(wan, values)
        const literal =
          graph.positive?.inputs.text === values.prompt && graph.sampler?.inputs.seed === values.seed
        if (graph.latent) graph.latent.inputs.width = 'changed by a careless caller'
        return (
          literal &&
          width % 32 === 0 &&
          length % 4 === 1 &&
          length >= values.frames &&
          again.latent?.inputs.width === width &&
          canonicalJson(wan) === before
        )
      },
    ),
  )
  t.equal(canonicalJson(wan), before)
})

t.test('graphs that are not sound are refused with the place', async (t) => {
  const node = (inputs: Record<string, unknown>) => ({ class_type: 'X', inputs })
  for (const [graph, text] of [
    [{ nodes: [], links: [] }, /Export \(API\)/],
    [[], /object of nodes/],
    [{}, /no nodes/],
    [{ a: {} }, /graph\.a: is not a node/],
    [{ a: node({ x: ['b', 0] }) }, /graph\.a\.inputs\.x: links to node "b"/],
    [{ a: node({ x: ['a'] }) }, /neither a link/],
    [{ a: node({ x: [1, 2, 3] }) }, /__value__/],
    [{ a: node({ x: ['a', -1] }) }, /neither a link/],
    [{ a: node({ x: ['b', 0] }), b: node({ x: ['a', 0] }) }, /depend on each other: a <- b <- a/],
    [{ a: node({ x: ['a', 0] }) }, /depend on each other/],
    [{ a: node({ x: 2 ** 60 }) }, /graph\.a\.inputs\.x: unsafe integer/],
    [{ a: node({ x: Number.POSITIVE_INFINITY }) }, /finite/],
    [{ a: node({ x: '../up.png' }) }, /unsafe path/],
    [{ a: node({ x: '/abs.png' }) }, /unsafe path/],
    [JSON.parse('{"a":{"class_type":"X","inputs":{"__proto__":1}}}'), /__proto__.*not allowed/],
    [Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`n${n}`, node({})])), /501 nodes.*500/],
    [{ a: node({ x: 'y'.repeat(1_100_000) }) }, /1 MiB/],
  ] as [unknown, RegExp][]) {
    const problems = checkGraph(graph)
    t.match(problems.map(({ path, message, hint }) => `${path}: ${message} ${hint}`).join('\n'), text)
  }
  t.strictSame(checkGraph(chain()), [])
  t.strictSame(checkGraph({ a: node({ x: { __value__: [1, 2] } }) }), [])
})

t.test('a graph is acyclic exactly when it can be put in order', async (t) => {
  const size = 8
  const link = fc.tuple(fc.nat(size - 1), fc.nat(size - 1))
  fc.assert(
    fc.property(fc.array(link, { maxLength: 14 }), (links) => {
      const graph: Graph = Object.fromEntries(
        Array.from({ length: size }, (_, n) => [`n${n}`, { class_type: 'X', inputs: {} }]),
      )
      links.forEach(([from, to], n) => {
        const target = graph[`n${to}`]
        if (target) target.inputs[`i${n}`] = [`n${from}`, 0]
      })
      // Take away nodes without sources until none is left (Kahn), the independent way to tell.
      const left = new Set(Object.keys(graph))
      for (let again = true; again; ) {
        again = false
        for (const id of left) {
          const sources = Object.values(graph[id]?.inputs ?? {}).map((value) =>
            String((value as [string])[0]),
          )
          if (sources.some((source) => left.has(source))) continue
          left.delete(id)
          again = true
        }
      }
      return (findCycle(graph) === null) === (left.size === 0)
    }),
  )
  const long: Graph = Object.fromEntries(
    Array.from({ length: 50_000 }, (_, n) => [
      `${n}`,
      { class_type: 'X', inputs: n > 0 ? { x: [`${n - 1}`, 0] } : {} },
    ]),
  )
  t.equal(findCycle(long), null, 'a long chain does not exhaust the stack')
})

t.test('unsafe paths', async (t) => {
  for (const path of [
    '/a',
    '\\a',
    'C:/a',
    'c:',
    '\\\\host\\share',
    '..',
    'a/../b',
    'a\\..\\b',
    '~/a',
    'a\0b',
    'a/ .. /b',
  ])
    t.ok(isUnsafePath(path), JSON.stringify(path))
  for (const path of ['a.png', 'a/b.png', 'a..b', '...', 'x: y', '', 'framecast/job/clip', '1:2'])
    t.notOk(isUnsafePath(path), JSON.stringify(path))
})

t.test('the digest follows the graph, not its spelling', async (t) => {
  const graph = chain()
  const turned = Object.fromEntries(Object.entries(graph).reverse()) as Graph
  const titled: Graph = {
    ...graph,
    a: { class_type: 'Source', inputs: graph.a?.inputs ?? {}, _meta: { title: 'A' } },
  }
  t.equal(graphDigest(turned), graphDigest(graph))
  t.equal(graphDigest(titled), graphDigest(graph))
  const other = chain()
  if (other.a) other.a.inputs.number = 2
  t.not(graphDigest(other), graphDigest(graph))
  t.equal(canonicalJson({ b: -0, a: [undefined, 'e\u0301'], c: undefined }), '{"a":[null,"é"],"b":0}')
})

t.test('values of every type can be told good from bad', async (t) => {
  t.equal(valueProblem(parameter({ type: 'number' }), 1.5), null)
  t.equal(valueProblem(parameter({ type: 'boolean' }), false), null)
  t.equal(valueProblem(parameter({ type: 'image' }), 'job-42/x.png'), null)
})
