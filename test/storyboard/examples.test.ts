import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import t from 'tap'
import { estimate } from '../../core/storyboard/estimate.ts'
import { parseStoryboard } from '../../core/storyboard/parse.ts'
import { planShots } from '../../core/storyboard/plan.ts'
import { localImageIds, localImagePath, withImageIds } from '../../core/storyboard/reference-images.ts'
import { TRANSITION_TYPES } from '../../core/storyboard/transitions.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'
import { validateStoryboard } from '../../core/storyboard/validate.ts'
import { context } from './build.ts'

const folder = new URL('../../examples/', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

function load(name: string) {
  const parsed = parseStoryboard(readFileSync(new URL(name, folder)), { filename: name })
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
  return parsed
}
const isThere = (id: string) => {
  const path = localImagePath(id)
  return path !== null && statSync(new URL(path, folder), { throwIfNoEntry: false }) !== undefined
}

t.test('there are six', async (t) => t.equal(names.length, 6))

for (const name of names) {
  t.test(`${name} is without errors, names its schema, and fits a demo`, async (t) => {
    const text = readFileSync(new URL(name, folder), 'utf8')
    t.match(text, /^# yaml-language-server: \$schema=\.\.\/schemas\/storyboard\.schema\.json\n/)
    const { document, source } = load(name)
    const found = validateStoryboard(
      document,
      context({ findImageAsset: isThere, findAudioAsset: () => false }),
      source,
    )
    t.same(found.errors, [])
    // A custom transition is always told of.
    t.same(
      found.warnings.filter(({ code }) => code !== 'custom_transition'),
      [],
    )
    const plan = planShots(document as Storyboard, { resolution: '480p', aspect: '16:9', fps: 24 })
    t.ok(plan.durationS > 5 && plan.durationS < 40, `${plan.durationS} s`)
  })
}

t.test('welcome: ten seconds of scenes, ten credits, one fade', async (t) => {
  const document = load('welcome.yaml').document as Storyboard
  const found = estimate(
    document,
    { resolution: '720p' },
    { creditsPerSecond: 1, gpuSecondsPerVideoSecond: 12, engine: 'comfyui' },
  )
  t.equal(found.estimated_credits, 10)
  t.match(planShots(document, { resolution: '720p', aspect: '16:9', fps: 24 }), {
    frames: 228,
    joins: [{ type: 'fade', frames: 12 }],
  })
})

t.test('last-train: shows every timeline element, and scenes that play twice', async (t) => {
  const plan = planShots(load('last-train.yaml').document as Storyboard, {
    resolution: '720p',
    aspect: '16:9',
    fps: 24,
  })
  t.equal(plan.joins[0]!.after, -1)
  t.equal(plan.joins.at(-1)!.after, plan.shots.length - 1)
  t.equal(plan.clips.length, 9)
  t.equal(plan.shots.length, 11)
  t.ok(plan.shots.some((shot) => shot.treatment !== null) && plan.shots.some((shot) => shot.inFrame > 0))
})

t.test('every-join: shows each transition, each treatment and each pace', async (t) => {
  const document = load('every-join.yaml').document as Storyboard
  const { joins, shots } = planShots(document, { resolution: '480p', aspect: '16:9', fps: 16 })
  const types = new Set<string>(['cut', ...joins.map(({ type }) => type)])
  t.same([...types].sort(), [...TRANSITION_TYPES].sort())
  const directions = joins.filter(({ type }) => type === 'wipe').map(({ params }) => params.direction)
  for (const direction of ['left', 'right', 'up', 'down']) t.ok(directions.includes(direction), direction)
  const treated = new Set(shots.flatMap(({ treatment }) => Object.keys(treatment ?? {})))
  t.same([...treated].sort(), ['blur', 'desaturate', 'grain', 'vignette'])
  const paces = new Set(document.timeline!.map(({ montage }) => montage?.pace).filter((pace) => pace != null))
  t.same([...paces].sort(), ['fast', 'medium', 'slow'])
  t.ok(joins.some(({ after }) => after === -1) && joins.some(({ after }) => after === shots.length - 1))
})

t.test('long: twenty scenes of one to two seconds', async (t) => {
  const { scenes } = load('long.yaml').document as Storyboard
  t.equal(scenes.length, 20)
  t.ok(scenes.every((scene) => scene.duration >= 1 && scene.duration <= 2))
})

t.test('the pictures are pictures, and small', async (t) => {
  for (const name of readdirSync(new URL('images/', folder))) {
    const file = new URL(`images/${name}`, folder)
    t.ok(statSync(file).size < 60_000, name)
    t.match(await sharp(fileURLToPath(file)).metadata(), { format: 'jpeg' })
  }
})

t.test('local pictures: relative, below the storyboard, nothing else', async (t) => {
  t.equal(localImagePath('file:images/mara.jpg'), 'images/mara.jpg')
  t.equal(localImagePath('file:./mara.jpg'), 'mara.jpg')
  for (const id of [
    'mara.jpg',
    'file:',
    'file:/etc/passwd',
    'file:///etc/passwd',
    'file:../a.jpg',
    'file:a/../../b.jpg',
    'file:a//b.jpg',
    'file:C:\\a.jpg',
    'file:a\\b.jpg',
    'file:a\0.jpg',
    'file:http://x/a.jpg',
    `file:${'a'.repeat(600)}`,
  ]) {
    t.equal(localImagePath(id), null, JSON.stringify(id.slice(0, 30)))
  }
})

t.test('local picture ids are exchanged for stored ones, in a copy', async (t) => {
  const document = load('lighthouse.yaml').document as Storyboard
  t.same(localImageIds(document), [
    'file:images/mara.jpg',
    'file:images/lighthouse.jpg',
    'file:images/boat.jpg',
  ])
  const stored = '01a1fd2c-5673-77c5-a882-a71d8384bafb'
  const copy = withImageIds(document, new Map([['file:images/mara.jpg', stored]]))
  t.equal(copy.symbols!.mara!.reference_images![0]!.id, stored)
  t.equal(copy.symbols!.boat!.reference_images![0]!.id, 'file:images/boat.jpg')
  t.equal(document.symbols!.mara!.reference_images![0]!.id, 'file:images/mara.jpg')
})
