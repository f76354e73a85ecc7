import fc from 'fast-check'
import t from 'tap'
import { parseOptions } from '../../core/storyboard/render-options.ts'

const DEFAULTS = {
  engine: 'auto',
  resolution: '720p',
  aspect: '16:9',
  fps: 24,
  seed: null,
  workflow: 'default',
  draft: false,
  slate: false,
  timecode: false,
  cache: 'use',
  scenes: null,
  loudness: 'web',
  captions: 'soft',
  fallback: false,
}

t.test('absent, null and empty options are the defaults', async (t) => {
  for (const raw of [undefined, null, {}, { resolution: null, seed: null }]) {
    t.same(parseOptions(raw), { options: DEFAULTS })
  }
})

t.test('what is given is kept, unknown keys too', async (t) => {
  const raw = {
    engine: 'comfyui',
    resolution: '1080p',
    aspect: '9:16',
    fps: 30,
    seed: 0,
    workflow: 'w',
    draft: true,
    slate: { take: 3, note: 'x' },
    timecode: true,
    cache: 'refresh',
    scenes: ['a'],
    loudness: 'none',
    captions: 'burn',
    fallback: true,
    note: [1],
  }
  t.same(parseOptions(raw), { options: raw })
})

for (const [raw, path, words] of [
  [{ resolution: '8k' }, 'options.resolution', '480p, 720p, 1080p'],
  [{ engine: 'previw' }, 'options.engine', 'Did you mean "preview"?'],
  [{ fps: 25 }, 'options.fps', '16, 24, 30'],
  [{ fps: '24' }, 'options.fps', 'the text "24"'],
  [{ seed: -1 }, 'options.seed', 'a whole number from 0'],
  [{ seed: 1.5 }, 'options.seed', 'a whole number from 0'],
  [{ seed: 2 ** 53 }, 'options.seed', '9007199254740991'],
  [{ workflow: '' }, 'options.workflow', 'the name of a workflow'],
  [{ slate: 'yes' }, 'options.slate', 'an object such as {"take": 2}'],
  [{ slate: ['x'] }, 'options.slate', 'true, false'],
  [{ slate: { take: 0 } }, 'options.slate.take', '1 to 999'],
  [{ slate: { take: 1000 } }, 'options.slate.take', '1 to 999'],
  [{ slate: { take: '2' } }, 'options.slate.take', 'found the text "2"'],
  [{ timecode: 1 }, 'options.timecode', 'true or false'],
  [{ cache: 'refesh' }, 'options.cache', 'Did you mean "refresh"?'],
  [{ scenes: 'a' }, 'options.scenes', 'a list of 1 to 100 different scene ids'],
  [{ scenes: [] }, 'options.scenes', 'a list of 1 to 100 different scene ids'],
  [{ scenes: [1] }, 'options.scenes.0', 'a list of 1 to 100 different scene ids'],
  [{ draft: 'yes' }, 'options.draft', 'true or false'],
  [{ loudness: 'webb' }, 'options.loudness', 'Did you mean "web"?'],
  ['fast', 'options', 'must be an object'],
  [[], 'options', 'must be an object'],
  [{ note: 'x'.repeat(9000) }, 'options', '8192 bytes'],
] as const) {
  t.test(`refused: ${JSON.stringify(raw).slice(0, 40)}`, async (t) => {
    const found = parseOptions(raw)
    t.match(found, { problems: [{ path }] })
    if ('problems' in found) t.match(found.problems[0]!.message, words)
  })
}

t.test('all problems come at once', async (t) => {
  const found = parseOptions({ fps: 1, seed: 'x', draft: 0 })
  t.equal('problems' in found && found.problems.length, 3)
})

t.test('no JSON value makes it throw', async () => {
  fc.assert(fc.property(fc.jsonValue(), (raw) => void parseOptions(raw)))
})
