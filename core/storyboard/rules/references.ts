/** Rules about names that must be known: V6 and V9 to V17. Every rule looks at any JSON value without throwing. */

import type { Path } from '../problems.ts'
import { mentions } from '../prompts.ts'
import { localImagePath } from '../reference-images.ts'
import { didYouMean } from '../suggest.ts'
import { BUILT_IN_PRESETS } from '../transitions.ts'
import { byteSize, entries, field, isObject, items, quoted } from '../values.ts'
import { audioUses, imageUses, transitionRefs, writtenTransitions } from './assets.ts'
import type { Findings } from './findings.ts'

export const MAX_TOTAL_S = 300
export const MAX_SHOTS = 500
export const MAX_PARAMS_BYTES = 2048

/** What is known outside the document. Answers must be ready: rules do not wait. */
export type ValidationContext = {
  systemAssets: ReadonlySet<string>
  /** A reachable audio file that is ready. */
  findAudioAsset(id: string): boolean
  /** A reachable image file that is ready. */
  findImageAsset(id: string): boolean
  voiceEngine: 'on' | 'off'
}

type Names = { sceneIds: string[]; symbols: string[]; speakers: string[]; presets: string[] }

function namesIn(document: unknown): Names {
  const symbols = entries(field(document, 'symbols'))
  return {
    sceneIds: [
      ...new Set(
        items(field(document, 'scenes'))
          .map((scene) => field(scene, 'id'))
          .filter((id) => typeof id === 'string'),
      ),
    ],
    symbols: symbols.map(([name]) => name),
    speakers: symbols.filter(([, symbol]) => field(symbol, 'voice') != null).map(([name]) => name),
    presets: [
      ...new Set([
        ...entries(field(document, 'transition_presets')).map(([name]) => name),
        ...BUILT_IN_PRESETS,
      ]),
    ],
  }
}

const list = (names: readonly string[], none: string): string =>
  names.length === 0 ? none : names.length > 12 ? `${names.slice(0, 12).join(', ')}, ...` : names.join(', ')

export function checkReferences(document: unknown, context: ValidationContext, findings: Findings): void {
  const names = namesIn(document)
  checkTotal(document, findings)
  checkSceneIds(document, findings)
  checkTimeline(document, names, findings)
  checkTransitions(document, names, findings)
  checkMentions(document, names, findings)
  checkSpeakers(document, names, findings)
  checkAssets(document, context, findings)
}

function checkTotal(document: unknown, findings: Findings): void {
  let ms = 0
  for (const scene of items(field(document, 'scenes'))) {
    const duration = field(scene, 'duration')
    if (typeof duration === 'number' && Number.isFinite(duration)) ms += Math.round(duration * 1000)
  }
  if (ms <= MAX_TOTAL_S * 1000) return
  findings.error({
    path: ['scenes'],
    code: 'V6_total_too_long',
    message: `the scenes last ${ms / 1000} s together; at most ${MAX_TOTAL_S} s are allowed. Shorten them by ${(ms - MAX_TOTAL_S * 1000) / 1000} s.`,
    value: ms / 1000,
    limit: MAX_TOTAL_S,
  })
}

function checkSceneIds(document: unknown, findings: Findings): void {
  const first = new Map<string, number>()
  for (const [i, scene] of items(field(document, 'scenes')).entries()) {
    const id = field(scene, 'id')
    if (typeof id !== 'string') continue
    const earlier = first.get(id)
    if (earlier === undefined) first.set(id, i)
    else {
      const message = `the id ${quoted(id)} is taken by scenes[${earlier}]; every scene needs an id of its own.`
      findings.error({ path: ['scenes', i, 'id'], code: 'V9_duplicate_id', message, value: id })
    }
  }
}

function checkTimeline(document: unknown, names: Names, findings: Findings): void {
  const known = new Set(names.sceneIds)
  let shots = 0
  const check = (id: unknown, path: Path, code: string) => {
    shots++
    if (findings.isFull || typeof id !== 'string' || known.has(id)) return
    const message = `there is no scene ${quoted(id)}; the scenes are ${list(names.sceneIds, 'not named yet')}.${didYouMean(id, names.sceneIds)}`
    findings.error({ path, code, message, value: id, validValues: names.sceneIds })
  }
  const timeline = items(field(document, 'timeline'))
  let isAfterTransition = false
  for (const [i, element] of timeline.entries()) {
    if (field(element, 'scene') != null)
      check(field(element, 'scene'), ['timeline', i, 'scene'], 'V10_scene_unknown')
    for (const kind of ['flashback', 'montage']) {
      for (const [j, id] of items(field(field(element, kind), 'scenes')).entries()) {
        check(id, ['timeline', i, kind, 'scenes', j], 'V12_scene_unknown')
      }
    }
    const isTransition = field(element, 'transition') != null
    if (isTransition && isAfterTransition) {
      const message =
        'two transitions in a row: a transition joins the scene before it to the scene after it. Remove one.'
      findings.error({ path: ['timeline', i, 'transition'], code: 'V2_transition_twice', message })
    }
    isAfterTransition = isTransition
  }
  if (
    timeline.length > 0 &&
    shots === 0 &&
    timeline.every((element) => isObject(element) && field(element, 'transition') != null)
  ) {
    const message =
      'the timeline plays no scene. Add {scene: id} elements, or remove it to play all scenes in order.'
    findings.error({ path: ['timeline'], code: 'V3_nothing_plays', message })
  }
  if (shots > MAX_SHOTS) {
    const message = `the timeline plays ${shots} shots; at most ${MAX_SHOTS} are allowed.`
    findings.error({ path: ['timeline'], code: 'V3_too_many_shots', message, value: shots, limit: MAX_SHOTS })
  }
}

function checkTransitions(document: unknown, names: Names, findings: Findings): void {
  const presets = new Set(names.presets)
  for (const { path, ref } of transitionRefs(document)) {
    if (findings.isFull) return
    if (typeof ref !== 'string' || presets.has(ref)) continue
    const hint =
      ref === 'custom' ? ' Write {type: custom, ...} instead of its name.' : didYouMean(ref, names.presets)
    const message = `there is no transition ${quoted(ref)}; usable are ${list(names.presets, '')}.${hint}`
    findings.error({ path, code: 'V11_preset_unknown', message, value: ref, validValues: names.presets })
  }
  const known = new Set(names.sceneIds)
  for (const key of Object.keys(
    isObject(field(document, 'transitions')) ? (field(document, 'transitions') as object) : {},
  )) {
    if (findings.isFull) return
    if (key === 'default') continue
    const problem = wrongJoinKey(key, known, names.sceneIds)
    if (problem === null) continue
    findings.error({
      path: ['transitions', key],
      at: 'key',
      code: 'V13_bad_key',
      message: problem,
      value: key,
    })
  }
  for (const { path, transition } of writtenTransitions(document)) {
    const size = byteSize(field(transition, 'params') ?? null, MAX_PARAMS_BYTES)
    if (size <= MAX_PARAMS_BYTES) continue
    const message = `params are more than ${MAX_PARAMS_BYTES} bytes as compact JSON.`
    findings.error({
      path: [...path, 'params'],
      code: 'V8_params_too_large',
      message,
      limit: MAX_PARAMS_BYTES,
    })
  }
}

/** What is wrong with a key of the transitions map, or null. Scene ids hold no `>`, so the arrow is found for sure. */
function wrongJoinKey(key: string, known: ReadonlySet<string>, sceneIds: readonly string[]): string | null {
  const arrow = key.indexOf('->')
  if (arrow < 0) {
    return `${quoted(key)} must be default, or two scene ids with an arrow between them, such as "a->b".${didYouMean(key, ['default'])}`
  }
  const ends = [key.slice(0, arrow), key.slice(arrow + 2)]
  const unknown = ends.filter((id) => !known.has(id))
  if (unknown.length === 0) return null
  const trimmed = ends.map((id) => id.trim())
  if (trimmed.every((id) => known.has(id)))
    return `${quoted(key)} has spaces in it; write "${trimmed.join('->')}".`
  return `${quoted(key)} names ${unknown.map((id) => `${quoted(id)}, which is no scene.${didYouMean(id, sceneIds)}`).join(' And ')}`
}

function checkMentions(document: unknown, names: Names, findings: Findings): void {
  const known = new Set(names.symbols)
  for (const [i, scene] of items(field(document, 'scenes')).entries()) {
    const prompt = field(scene, 'prompt')
    if (typeof prompt !== 'string') continue
    for (const name of mentions(prompt)) {
      if (known.has(name)) continue
      if (findings.isFull) return
      const hint = didYouMean(name, names.symbols, (symbol) => `@${symbol}`)
      findings.error({
        path: ['scenes', i, 'prompt'],
        needle: `@${name}`,
        code: 'V14_symbol_unknown',
        message: `@${name} is no symbol; ${names.symbols.length === 0 ? 'there are none yet. Add it under symbols' : `the symbols are ${list(names.symbols, '')}`}.${hint}`,
        value: name,
        validValues: names.symbols,
      })
    }
  }
}

function checkSpeakers(document: unknown, names: Names, findings: Findings): void {
  const symbols = new Set(names.symbols)
  const speakers = new Set(names.speakers)
  for (const [i, scene] of items(field(document, 'scenes')).entries()) {
    for (const [j, line] of items(field(field(scene, 'audio'), 'dialogue')).entries()) {
      const speaker = field(line, 'speaker')
      if (typeof speaker !== 'string' || speakers.has(speaker)) continue
      if (findings.isFull) return
      const base = {
        path: ['scenes', i, 'audio', 'dialogue', j, 'speaker'],
        value: speaker,
        validValues: names.speakers,
      }
      if (symbols.has(speaker)) {
        const message = `${speaker} has no voice; give the symbol one: voice: {asset_id: ...}.`
        findings.error({ ...base, code: 'V15_speaker_without_voice', message })
      } else {
        const bare = speaker.replace(/^@/, '')
        const hint = symbols.has(bare) ? ` Write ${bare}, without the @.` : didYouMean(speaker, names.symbols)
        const message = `there is no symbol ${quoted(speaker)} to speak; with a voice are ${list(names.speakers, 'none yet')}.${hint}`
        findings.error({ ...base, code: 'V15_speaker_unknown', message })
      }
    }
  }
}

function checkAssets(document: unknown, context: ValidationContext, findings: Findings): void {
  for (const { path, id } of audioUses(document)) {
    if (findings.isFull) return
    if (id.startsWith('asset_')) {
      if (context.systemAssets.has(id)) continue
      const message = `there is no system sound ${quoted(id)}.${didYouMean(id, context.systemAssets)}`
      findings.error({ path, code: 'V16_system_asset_unknown', message, value: id })
    } else if (!context.findAudioAsset(id)) {
      const hint = didYouMean(id, context.systemAssets)
      const message = `there is no audio file ${quoted(id)} that is ready and that you may use.${hint}`
      findings.error({ path, code: 'V16_audio_unknown', message, value: id })
    }
  }
  for (const { path, id } of imageUses(document)) {
    if (findings.isFull) return
    if (context.findImageAsset(id)) continue
    const message = !id.startsWith('file:')
      ? `there is no image file ${quoted(id)} that is ready and that you may use.`
      : localImagePath(id) === null
        ? `${quoted(id)} must be file: and a path below the storyboard's own folder, with forward slashes and without "..".`
        : `the picture ${quoted(id)} is not there. Pictures in files are uploaded by the command line; elsewhere upload the image first and give its id.`
    findings.error({ path, code: 'V17_image_unknown', message, value: id })
  }
}
