/** Every sound of the catalogue, made and measured: length, level, loudness, spectrum, and what its kind asks for. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type Test, t } from 'tap'
import { RATE } from '../../core/sound/signal.ts'
import { recipeOf } from '../../core/sound/synthesise.ts'
import { SYSTEM_ASSETS, type SystemAsset } from '../../core/storyboard/system-assets.ts'
import { BANDS } from './bands.ts'
import type { Facts } from './facts.ts'

const PITCHES = ['C', 'C#', 'D', 'D#', 'E', 'F', 'F#', 'G', 'G#', 'A', 'A#', 'B']

/**
 * The scale each piece is in; its first note and the fifth above are heard much. Tense leaves its scale: it climbs by half
 * tones.
 */
const SCALES: Record<string, string> = {
  tense: 'D E F G A A# C#',
  tense_minimal: 'D E F G A A# G#',
  triumphant: 'D E F# G A B C#',
  peaceful: 'F G A A# C D E',
  energetic: 'A B C D E F G',
  anticipation: 'E F# G A B C D',
  corporate: 'D E F# G A B C#',
  emotional: 'A B C D E F G',
  playful: 'C D E F G A B',
  dramatic: 'C D D# F G G# A# B',
}

/** Everything a process of its own says about the sounds. */
async function ask<Answer extends { id: string }>(what: 'facts' | 'hashes'): Promise<Map<string, Answer>> {
  const child: ChildProcess = fork(new URL('../support/sound-process.ts', import.meta.url), [what], {
    execArgv: [],
    // tap follows its tests into their processes to count coverage, unless it is told not to.
    env: { PATH: process.env.PATH, _TAPJS_PROCESSINFO_COVERAGE_: '0' },
  })
  t.teardown(() => child.kill('SIGKILL'))
  const answers = new Map<string, Answer>()
  child.on('message', (answer: Answer) => answers.set(answer.id, answer))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the process that makes the sounds ended with ${code}`)
  return answers
}

const [facts, again] = await Promise.all([ask<Facts>('facts'), ask<Pick<Facts, 'id' | 'hash'>>('hashes')])
const of = (id: string): Facts => facts.get(id)!

const energy = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0)

function checkAlways(t: Test, asset: SystemAsset, found: Facts): void {
  const { target } = recipeOf(asset)
  const frames = Math.round(asset.seconds * RATE)
  t.strictSame(found.frames, [frames, frames], 'exactly as long as the catalogue says')
  t.ok(found.highest < 0.9, 'nothing is clipped, nothing is no number')
  t.ok(found.peakDbtp < target.peakDbtp + 0.1, `true peak ${found.peakDbtp.toFixed(2)} dBTP`)
  const isAsLoudAsMayBe = found.peakDbtp > target.peakDbtp - 0.1
  t.ok(
    Math.abs(found.lufs - target.lufs) < 0.2 || (found.lufs < target.lufs && isAsLoudAsMayBe),
    `${found.lufs.toFixed(1)} LUFS for ${target.lufs}`,
  )
  t.ok(found.lufs > -30, 'it is heard')
  t.ok(Math.abs(found.leanDb) < 3, 'it does not lean to one side')
  t.ok(Math.abs(found.mean) < 0.001, 'it is balanced round zero')
  BANDS[asset.id]!.forEach(([from, to, least], i) => {
    const share = found.shares[i]!
    t.ok(share >= least, `${(100 * share).toFixed(1)} % of its energy from ${from} to ${to} Hz`)
  })
}

/** What is played round and round goes on where it ended. */
function checkSeam(t: Test, asset: SystemAsset, { bentAsSeam, frames, slowCourse: course }: Facts): void {
  for (const others of bentAsSeam) {
    // Music may begin with a stroke, as there are more of in it; air has none at its seam.
    const least = asset.category === 'music' ? 3 : frames[0]! / 100
    t.ok(others >= least, `no click where it begins again: ${others} places bend as much`)
  }
  const loud = Math.sqrt(energy(course) / course.length)
  const [first, last] = [course[0]!, course.at(-1)!]
  if (asset.category === 'ambient')
    t.ok(Math.abs(20 * Math.log10(first / last)) < 8, 'its end is about as loud as its beginning')
  else t.ok(last < loud * 1.6, 'it does not break off in its loudest moment')
  const quiet = course.map((x) => x < loud * (asset.category === 'ambient' ? 0.1 : 0.005))
  t.notOk(
    quiet.some((_, i) => i >= 8 && quiet.slice(i - 8, i + 1).every(Boolean)),
    'no dead air',
  )
}

function checkKey(t: Test, asset: SystemAsset, { pitchClasses }: Facts): void {
  const names = SCALES[asset.key]!.split(' ')
  const parts = names.map((name) => pitchClasses[PITCHES.indexOf(name)]!)
  const inScale = parts.reduce((sum, part) => sum + part, 0)
  t.ok(
    inScale > (asset.key === 'tense' ? 0.75 : 0.85),
    `${(100 * inScale).toFixed(0)} % of what is in tune is in its scale`,
  )
  const fifth = pitchClasses[(PITCHES.indexOf(names[0]!) + 7) % 12]!
  const frame = parts[0]! + fifth
  t.ok(frame > 0.2, `${(100 * frame).toFixed(0)} % are its first note and the fifth`)
}

for (const asset of SYSTEM_ASSETS) {
  t.test(`${asset.name} (${asset.category}): ${asset.description.toLowerCase()}`, async (t) => {
    const found = of(asset.id)
    checkAlways(t, asset, found)
    if (recipeOf(asset).loops) checkSeam(t, asset, found)
    else t.ok(Math.max(...found.ends) < 0.001, 'what is played once begins and ends in silence')
    if (asset.category === 'music') checkKey(t, asset, found)
  })
}

t.test('ambient and music loop, what happens once does not', async (t) => {
  for (const asset of SYSTEM_ASSETS)
    t.equal(recipeOf(asset).loops, ['ambient', 'music'].includes(asset.category), asset.id)
})

t.test('the same sound comes out again, in another process and another order', async (t) => {
  for (const { id, hash } of facts.values()) t.equal(again.get(id)?.hash, hash, id)
  const hashes = [...facts.values()].map(({ hash }) => hash)
  t.equal(new Set(hashes).size, SYSTEM_ASSETS.length, 'and no two sounds are the same')
})

/** Energy of a sound in thirds of its time. */
const thirds = (id: string): [number, number, number] => {
  const { course } = of(id)
  const third = Math.floor(course.length / 3)
  const parts = [course.slice(0, third), course.slice(third, 2 * third), course.slice(2 * third)]
  return parts.map(energy) as [number, number, number]
}

t.test('sounds have the course that their name promises', async (t) => {
  for (const id of ['asset_sfx_impact', 'asset_sfx_impact_metal', 'asset_sfx_pop', 'asset_transition_boom']) {
    const [first, , last] = thirds(id)
    t.ok(first > 20 * last, `${id} strikes and dies away`)
  }
  for (const id of ['asset_transition_reverse', 'asset_transition_rise']) {
    const [first, middle, last] = thirds(id)
    t.ok(last > 2 * middle && middle > 2 * first, `${id} grows to its end`)
  }
  for (const id of ['asset_sfx_whoosh', 'asset_sfx_whoosh_heavy', 'asset_transition_swoosh']) {
    const [first, middle, last] = thirds(id)
    t.ok(middle > 2 * first && middle > 2 * last, `${id} comes and goes`)
  }
  for (const id of ['asset_music_tense', 'asset_music_anticipation']) {
    const [first, middle, last] = thirds(id)
    t.ok(last > middle && middle > first, `${id} builds up`)
  }
})

/** Moments at which it suddenly becomes louder, at least 160 ms apart. */
function onsets(course: readonly number[]): number {
  const loudest = Math.max(...course)
  let count = 0
  let last = -10
  course.forEach((x, i) => {
    if (x > loudest * 0.25 && x > 2.5 * (course[i - 1] ?? 0) && i - last > 8) {
      count += 1
      last = i
    }
  })
  return count
}

t.test('steps and keys can be counted', async (t) => {
  t.equal(onsets(of('asset_sfx_footsteps').course), 4, 'four steps')
  t.equal(onsets(of('asset_sfx_footsteps_running').course), 4, 'four steps, faster')
  const keys = onsets(of('asset_sfx_typing').course)
  t.ok(keys >= 6 && keys <= 16, `${keys} keys`)
})

t.test('a rising tone rises', async (t) => {
  const [before, after] = of('asset_transition_rise').centroids
  t.ok(after! > 1.5 * before!, `${before} Hz, then ${after} Hz`)
})

/** How alike a course is to itself `lag` steps later, -1 to 1. */
function likeness(course: readonly number[], lag: number): number {
  const mean = course.reduce((sum, x) => sum + x, 0) / course.length
  let sum = 0
  let all = 0
  for (let i = 0; i < course.length; i++) {
    sum += (course[i]! - mean) * (course[(i + lag) % course.length]! - mean)
    all += (course[i]! - mean) ** 2
  }
  return sum / all
}

t.test('what has a beat keeps it', async (t) => {
  for (const [key, beats] of [
    ['energetic', 32],
    ['playful', 32],
    ['corporate', 32],
  ] as const) {
    const course = of(`asset_music_${key}`).course
    const beat = course.length / beats
    const on = Math.max(...[4, 8].map((count) => likeness(course, Math.round(beat * count))))
    const off = likeness(course, Math.round(beat * 2.33))
    t.ok(on > 0.3 && on > off + 0.2, `${key}: ${on.toFixed(2)} on the beat, ${off.toFixed(2)} off it`)
  }
})
