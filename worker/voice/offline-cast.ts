/** Voices of the synthesiser that is built in: four by nature, made into many by pitch and pace. Pure. */
import { type Choices, castSpeakers, type Traits } from './casting.ts'
import type { Speaker, Voice } from './engine.ts'

export const OFFLINE_VOICES = ['slt', 'rms', 'awb', 'kal16'] as const
type OfflineVoice = (typeof OFFLINE_VOICES)[number]

const at = (ids: readonly OfflineVoice[], pitches: readonly number[]): Choices =>
  pitches.flatMap((pitch) => ids.map((id) => ({ id, pitch })))

/** About a semitone apart, so that two speakers are told apart. */
const REGISTERS = {
  female: at(['slt'], [0.92, 0.97, 1.03, 1.09, 1.15]),
  male: at(['rms', 'awb'], [0.9, 0.96, 1.02, 1.08]),
  girl: at(['slt'], [1.24, 1.3, 1.36]),
  boy: at(['slt'], [1.21, 1.27, 1.33]),
  oldFemale: at(['slt'], [0.84, 0.88]),
  oldMale: at(['rms', 'awb'], [0.8, 0.85]),
  machine: at(['kal16'], [0.84, 0.92, 1, 1.1]),
} as const

function fitting({ sex, age, machine }: Traits, drawn: number): Choices {
  if (machine) return REGISTERS.machine
  const female = sex === 'female' || (sex === null && drawn < 0.5)
  if (age === 'child') return female ? REGISTERS.girl : REGISTERS.boy
  if (age === 'old') return female ? REGISTERS.oldFemale : REGISTERS.oldMale
  return female ? REGISTERS.female : REGISTERS.male
}

/** Within 5 % of the voice's own; the old take their time. */
function paceOf({ age }: Traits, drawn: number): number {
  const nature = age === 'old' ? 0.9 : age === 'child' ? 1.05 : 1
  return Math.round(nature * (0.95 + 0.1 * drawn) * 100) / 100
}

const isOffline = (id: string | undefined): id is OfflineVoice =>
  (OFFLINE_VOICES as readonly (string | undefined)[]).includes(id)

/** @param map the operator's choice; ids of another engine are passed over */
export function castOffline(
  speakers: readonly Speaker[],
  map: Readonly<Record<string, string>>,
): Map<string, Voice> {
  const fixed = (name: string) => {
    const id = Object.hasOwn(map, name) ? map[name] : undefined
    return isOffline(id) ? { id, pitch: 1 } : null
  }
  return castSpeakers(speakers, fixed, fitting, paceOf)
}
