/** Every sound of the catalogue, made and measured: length, level, loudness, spectrum, and what its kind asks for. */
import { createHash } from 'node:crypto'
import { type Test, t } from 'tap'
import { interleave } from '../../core/assets/sound-file.ts'
import { toDb, truePeak } from '../../core/sound/loudness.ts'
import { measured } from '../../core/sound/master.ts'
import { type Mono, RATE, type Stereo } from '../../core/sound/signal.ts'
import { recipeOf, synthesise } from '../../core/sound/synthesise.ts'
import { SYSTEM_ASSETS, type SystemAsset } from '../../core/storyboard/system-assets.ts'
import { centroid, levels, pitchClasses, share, spectrum, together } from './spectrum.ts'

type Band = readonly [fromHz: number, toHz: number, leastShare: number]

/** Where the energy of each sound lies, and how much of it at least. */
const BANDS: Record<string, readonly Band[]> = {
  sfx_whoosh: [[1_500, 14_000, 0.8]],
  sfx_whoosh_heavy: [
    [30, 150, 0.15],
    [250, 4_000, 0.4],
  ],
  sfx_impact: [[40, 400, 0.85]],
  sfx_impact_metal: [[400, 5_000, 0.7]],
  sfx_click: [[400, 6_000, 0.85]],
  sfx_pop: [[200, 1_500, 0.9]],
  sfx_applause: [[700, 8_000, 0.8]],
  sfx_applause_short: [[700, 8_000, 0.8]],
  sfx_footsteps: [
    [60, 600, 0.5],
    [1_500, 9_000, 0.05],
  ],
  sfx_footsteps_running: [
    [60, 600, 0.5],
    [1_500, 9_000, 0.03],
  ],
  sfx_confetti: [
    [100, 600, 0.5],
    [2_000, 12_000, 0.08],
  ],
  sfx_door_open: [[300, 4_000, 0.85]],
  sfx_door_close: [[60, 600, 0.8]],
  sfx_typing: [[200, 4_000, 0.7]],
  sfx_notification: [[1_000, 4_000, 0.9]],
  ambient_crowd: [[200, 3_000, 0.8]],
  ambient_crowd_excited: [[200, 4_000, 0.85]],
  ambient_nature: [[1_500, 9_000, 0.7]],
  ambient_nature_rain: [[1_000, 12_000, 0.75]],
  ambient_city: [
    [30, 250, 0.35],
    [600, 4_000, 0.2],
  ],
  ambient_city_night: [
    [30, 250, 0.4],
    [600, 4_000, 0.15],
  ],
  ambient_office: [[100, 1_500, 0.7]],
  ambient_theater: [[100, 1_500, 0.8]],
  ambient_factory: [
    [30, 250, 0.6],
    [1_500, 15_000, 0.015],
  ],
  ambient_cafe: [
    [150, 3_000, 0.8],
    [3_000, 12_000, 0.005],
  ],
  ambient_ocean: [
    [30, 600, 0.4],
    [1_500, 9_000, 0.15],
  ],
  music_tense: [[30, 600, 0.7]],
  music_tense_minimal: [[30, 600, 0.8]],
  music_triumphant: [[100, 2_000, 0.7]],
  music_peaceful: [[60, 1_500, 0.8]],
  music_energetic: [
    [30, 250, 0.6],
    [5_000, 18_000, 0.001],
  ],
  music_anticipation: [[30, 600, 0.7]],
  music_corporate: [[40, 1_500, 0.8]],
  music_emotional: [[60, 2_000, 0.85]],
  music_playful: [[200, 2_000, 0.75]],
  music_dramatic: [[30, 2_000, 0.85]],
  transition_swoosh: [[1_500, 12_000, 0.8]],
  transition_fade: [[150, 3_000, 0.8]],
  transition_glitch: [[100, 12_000, 0.8]],
  transition_boom: [[25, 200, 0.9]],
  transition_reverse: [[100, 3_000, 0.7]],
  transition_rise: [[150, 12_000, 0.85]],
}

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

/** How much the curve bends at each sample: a click stands out. The sound is taken as a ring. */
function bends(sound: Mono): Float64Array {
  const n = sound.length
  return Float64Array.from(sound, (x, i) => Math.abs(sound[(i + 1) % n]! - 2 * x + sound[(i - 1 + n) % n]!))
}

const energy = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0)

const hash = (sound: Stereo): string => createHash('sha256').update(interleave(sound)).digest('hex')
const hashes = new Map<string, string>()
const once = new Map<string, number[]>()

function checkAlways(t: Test, asset: SystemAsset, sound: Stereo, mono: Mono): void {
  const { target } = recipeOf(asset)
  t.equal(sound.left.length, Math.round(asset.seconds * RATE), 'exactly as long as the catalogue says')
  t.equal(sound.right.length, sound.left.length)
  const sides = [sound.left, sound.right]
  t.ok(
    sides.every((side) => side.every((x) => Number.isFinite(x) && Math.abs(x) < 0.9)),
    'nothing is clipped, nothing is no number',
  )
  const peak = toDb(truePeak(sound))
  const loudness = measured(sound, target)
  t.ok(peak < target.peakDbtp + 0.1, `true peak ${peak.toFixed(2)} dBTP`)
  const isAsLoudAsMayBe = peak > target.peakDbtp - 0.1
  t.ok(
    Math.abs(loudness - target.lufs) < 0.2 || (loudness < target.lufs && isAsLoudAsMayBe),
    `${loudness.toFixed(1)} LUFS for ${target.lufs}`,
  )
  t.ok(loudness > -30, 'it is heard')
  const [left, right] = sides.map((side) => energy([...levels(side, 0.05)])) as [number, number]
  t.ok(Math.abs(10 * Math.log10(left / right)) < 3, 'it does not lean to one side')
  const mean = mono.reduce((sum, x) => sum + x, 0) / mono.length
  t.ok(Math.abs(mean) < 0.001, 'it is balanced round zero')
}

/** What is played once begins and ends in silence. */
function checkEnds(t: Test, { left, right }: Stereo): void {
  for (const side of [left, right]) {
    t.ok(Math.abs(side[0]!) < 0.001, 'begins at zero')
    t.ok(Math.abs(side.at(-1)!) < 0.001, 'ends at zero')
  }
}

/** What is played round and round goes on where it ended. */
function checkSeam(t: Test, asset: SystemAsset, sound: Stereo, mono: Mono): void {
  for (const side of [sound.left, sound.right]) {
    const bend = bends(side)
    const seam = Math.max(bend[0]!, bend.at(-1)!)
    let others = 0
    for (let i = 2; i < bend.length - 2; i++) if (bend[i]! >= seam) others += 1
    // Music may begin with a stroke, as there are more of in it; air has none at its seam.
    const least = asset.category === 'music' ? 3 : bend.length / 100
    t.ok(others >= least, `no click where it begins again: ${others} places bend as much`)
  }
  const course = levels(mono, 0.1)
  const loud = Math.sqrt(energy(course) / course.length)
  const [first, last] = [course[0]!, course.at(-1)!]
  if (asset.category === 'ambient')
    t.ok(Math.abs(20 * Math.log10(first / last)) < 8, 'its end is about as loud as its beginning')
  else t.ok(last < loud * 1.6, 'it does not break off in its loudest moment')
  const gap = asset.category === 'ambient' ? 0.1 : 0.005
  const quiet = course.map((x) => x < loud * gap)
  t.notOk(
    quiet.some((_, i) => i >= 8 && quiet.slice(i - 8, i + 1).every(Boolean)),
    'no dead air',
  )
}

for (const asset of SYSTEM_ASSETS) {
  t.test(`${asset.name} (${asset.category}): ${asset.description.toLowerCase()}`, async (t) => {
    const sound = synthesise(asset)
    const mono = together(sound)
    checkAlways(t, asset, sound, mono)
    if (recipeOf(asset).loops) checkSeam(t, asset, sound, mono)
    else checkEnds(t, sound)

    const power = spectrum(mono)
    for (const [from, to, least] of BANDS[`${asset.category}_${asset.key}`]!) {
      const found = share(power, from, to)
      t.ok(found >= least, `${(100 * found).toFixed(1)} % of its energy from ${from} to ${to} Hz`)
    }
    hashes.set(asset.id, hash(sound))
    once.set(asset.id, levels(mono, 0.02))

    if (asset.category !== 'music') return
    const classes = pitchClasses(mono)
    const scale = SCALES[asset.key]!.split(' ').map((name) => classes[PITCHES.indexOf(name)]!)
    const inScale = scale.reduce((sum, part) => sum + part, 0)
    t.ok(
      inScale > (asset.key === 'tense' ? 0.75 : 0.85),
      `${(100 * inScale).toFixed(0)} % of what is in tune is in its scale`,
    )
    const tonicAndFifth = scale[0]! + classes[(PITCHES.indexOf(SCALES[asset.key]!.split(' ')[0]!) + 7) % 12]!
    t.ok(tonicAndFifth > 0.2, `${(100 * tonicAndFifth).toFixed(0)} % are its first note and the fifth`)
  })
}

t.test('the same sound comes out again, whatever was made before it', async (t) => {
  // Of the long ones, which all go the same way, one of each family.
  const long = ['crowd', 'nature_rain', 'factory', 'playful']
  const again = SYSTEM_ASSETS.filter(({ key, seconds }) => seconds < 4 || long.includes(key)).toReversed()
  for (const asset of again) t.equal(hash(synthesise(asset)), hashes.get(asset.id), asset.id)
  t.equal(new Set(hashes.values()).size, SYSTEM_ASSETS.length, 'and no two sounds are the same')
})

/** Levels of a sound in thirds of its time. */
const thirds = (key: string): [number, number, number] => {
  const course = once.get(key)!
  const third = Math.floor(course.length / 3)
  return [course.slice(0, third), course.slice(third, 2 * third), course.slice(2 * third)].map(energy) as [
    number,
    number,
    number,
  ]
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
  t.equal(onsets(once.get('asset_sfx_footsteps')!), 4, 'four steps')
  t.equal(onsets(once.get('asset_sfx_footsteps_running')!), 4, 'four steps, faster')
  const keys = onsets(once.get('asset_sfx_typing')!)
  t.ok(keys >= 6 && keys <= 16, `${keys} keys`)
})

t.test('a rising tone rises', async (t) => {
  const rise = together(synthesise(SYSTEM_ASSETS.find(({ id }) => id === 'asset_transition_rise')!))
  const middle = Math.floor(rise.length / 2)
  const [before, after] = [rise.slice(0, middle), rise.slice(middle)].map((half) =>
    centroid(spectrum(half, 1_024)),
  )
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
    const course = once.get(`asset_music_${key}`)!
    const beat = course.length / beats
    const on = Math.max(...[4, 8].map((count) => likeness(course, Math.round(beat * count))))
    const off = likeness(course, Math.round(beat * 2.33))
    t.ok(on > 0.3 && on > off + 0.2, `${key}: ${on.toFixed(2)} on the beat, ${off.toFixed(2)} off it`)
  }
})
