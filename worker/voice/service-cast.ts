/** Voices of a service: what the operator named, else one of a few. Pure. */
import type { Config } from '../../core/platform/config.ts'
import { type Choices, castSpeakers } from './casting.ts'
import type { Speaker, Voice } from './engine.ts'

/** Voices that every account with the provider has. */
export type StockVoices = { female: readonly string[]; male: readonly string[] }

const choices = (ids: readonly string[]): Choices => ids.map((id) => ({ id, pitch: 1 }))

export function castFromService(
  speakers: readonly Speaker[],
  { VOICE_MAP, VOICE_DEFAULT }: Pick<Config, 'VOICE_MAP' | 'VOICE_DEFAULT'>,
  stock: StockVoices,
): Map<string, Voice> {
  const fixed = (name: string) => (Object.hasOwn(VOICE_MAP, name) ? { id: VOICE_MAP[name]!, pitch: 1 } : null)
  return castSpeakers(
    speakers,
    fixed,
    ({ sex }, drawn) =>
      VOICE_DEFAULT.length > 0
        ? choices(VOICE_DEFAULT)
        : choices(sex === 'female' || (sex === null && drawn < 0.5) ? stock.female : stock.male),
    () => 1,
  )
}
