/** Warnings: nothing that stops a render, all of it worth knowing before one. */
import { mentions } from '../prompts.ts'
import { joinLengths, playlist } from '../timeline.ts'
import type { Storyboard } from '../types.ts'
import { entries, field, items } from '../values.ts'
import { transitionRefs } from './assets.ts'
import { type Findings, parsePath } from './findings.ts'
import type { ValidationContext } from './references.ts'
import { warnAboutTransitions } from './transition-warnings.ts'

const LONG_SCENE_S = 10
/** Letters a quick speaker says in a second: a line that does not fit at this rate will not fit. */
const FAST_SPEECH_LETTERS_PER_S = 18

export function warnAboutContent(document: unknown, context: ValidationContext, findings: Findings): void {
  for (const [i, scene] of items(field(document, 'scenes')).entries()) {
    const duration = field(scene, 'duration')
    if (typeof duration !== 'number') continue
    if (duration > LONG_SCENE_S) {
      const message = `a scene of ${duration} s is long: beyond ${LONG_SCENE_S} s picture quality may drop.`
      findings.warn({ path: ['scenes', i, 'duration'], code: 'long_scene', message })
    }
    warnAboutSound(scene, i, duration, context, findings)
  }
  warnUnused(document, findings)
  warnAboutTransitions(document, findings)
}

function warnAboutSound(
  scene: unknown,
  sceneIndex: number,
  durationS: number,
  context: ValidationContext,
  findings: Findings,
): void {
  const audio = field(scene, 'audio')
  for (const kind of ['sfx', 'dialogue']) {
    for (const [j, sound] of items(field(audio, kind)).entries()) {
      const path = ['scenes', sceneIndex, 'audio', kind, j]
      const start = field(sound, 'start')
      const startS = typeof start === 'number' ? start : 0
      const text = field(sound, 'text')
      if (startS >= durationS) {
        const message = `it starts at ${startS} s, when the scene of ${durationS} s is over: it will not be heard.`
        findings.warn({ path: [...path, 'start'], code: 'late_sound', message })
      }
      if (kind !== 'dialogue' || typeof text !== 'string') continue
      const spokenS = [...text].length / FAST_SPEECH_LETTERS_PER_S
      if (context.voiceEngine === 'off') {
        const message = 'no voice engine is set up: the line is not spoken.'
        findings.warn({ path, code: 'dialogue_captions_only', message })
      } else if (startS < durationS && startS + spokenS > durationS) {
        const message = `the line needs about ${spokenS.toFixed(1)} s, and ${(durationS - startS).toFixed(1)} s of the scene are left: its end will be cut.`
        findings.warn({ path: [...path, 'text'], code: 'dialogue_outlasts_scene', message })
      }
    }
  }
}

function warnUnused(document: unknown, findings: Findings): void {
  const scenes = items(field(document, 'scenes'))
  const usedSymbols = new Set<unknown>()
  for (const scene of scenes) {
    const prompt = field(scene, 'prompt')
    if (typeof prompt === 'string') for (const name of mentions(prompt)) usedSymbols.add(name)
    for (const line of items(field(field(scene, 'audio'), 'dialogue')))
      usedSymbols.add(field(line, 'speaker'))
  }
  for (const [name] of entries(field(document, 'symbols'))) {
    if (usedSymbols.has(name)) continue
    const message = `the symbol ${name} is never used; write @${name} in a prompt, or remove it.`
    findings.warn({ path: ['symbols', name], at: 'key', code: 'unused_symbol', message })
  }

  const usedPresets = new Set(Array.from(transitionRefs(document), ({ ref }) => ref))
  for (const [name] of entries(field(document, 'transition_presets'))) {
    if (usedPresets.has(name)) continue
    const message = `the transition preset ${name} is never used.`
    findings.warn({ path: ['transition_presets', name], at: 'key', code: 'unused_preset', message })
  }

  const timeline = items(field(document, 'timeline'))
  if (timeline.length === 0) return
  const played = new Set<unknown>()
  for (const element of timeline) {
    played.add(field(element, 'scene'))
    for (const kind of ['flashback', 'montage']) {
      for (const id of items(field(field(element, kind), 'scenes'))) played.add(id)
    }
  }
  for (const [i, scene] of scenes.entries()) {
    const id = field(scene, 'id')
    if (typeof id !== 'string' || played.has(id)) continue
    const message = `the scene ${id} is not on the timeline: it is neither generated nor shown.`
    findings.warn({ path: ['scenes', i, 'id'], code: 'unused_scene', message })
  }
}

/** Joins that are longer than half of a neighbour. Needs a document without errors. */
export function warnShortenedJoins(storyboard: Storyboard, findings: Findings): void {
  const { shots, joins } = playlist(storyboard)
  const lengthsMs = shots.map((shot) => Math.round(shot.scene.duration * 10 * shot.percent))
  const lengths = joinLengths(joins, lengthsMs, 1000)
  const said = new Set<string>()
  for (const [i, join] of joins.entries()) {
    const { wanted, given } = lengths[i]!
    if (given >= wanted || join.path === null || said.has(join.path)) continue
    said.add(join.path)
    const from = shots[join.after]?.scene.id ?? 'black'
    const to = shots[join.after + 1]?.scene.id ?? 'black'
    const message = `the ${join.transition.type} of ${wanted / 1000} s from ${from} to ${to} is cut down to ${given / 1000} s: half of the shorter shot.`
    findings.warn({ path: parsePath(join.path), code: 'transition_shortened', message })
  }
}
