/** Who speaks with which voice: chosen from what the storyboard says of a symbol, the same in every film. Pure. */
import { createHash } from 'node:crypto'
import type { Speaker, Voice } from './engine.ts'

type Sex = 'female' | 'male'
type Age = 'child' | 'old'
/** What the words about a speaker say of its voice; null where they say nothing. */
export type Traits = { sex: Sex | null; age: Age | null; machine: boolean }

const wordSet = (words: string): ReadonlySet<string> => new Set(words.split(' '))

const WORDS = {
  female: wordSet(
    'woman women female girl lady mother mom mum grandmother grandma granny daughter sister aunt wife queen princess ' +
      'duchess empress goddess witch actress waitress heroine nun widow bride she her hers herself madam miss mrs ms',
  ),
  male: wordSet(
    'man men male boy gentleman father dad grandfather grandpa son brother uncle husband king prince duke emperor god ' +
      'wizard actor waiter hero monk widower groom he him his himself sir mister mr guy fisherman',
  ),
  child: wordSet(
    'child children kid kids boy girl toddler baby infant schoolboy schoolgirl little teenager teenage',
  ),
  old: wordSet(
    'old elderly aged ancient grandmother grandfather grandma grandpa granny senior wizened wrinkled retired',
  ),
  machine: wordSet('robot android machine computer cyborg automaton droid ai'),
} as const

/** "oldKeeper_2" and "an old keeper" as lower-case words. */
const wordsOf = (text: string): string[] =>
  text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '')

/** What name and prompt say of a voice. The name goes first; in the prompt the majority decides. */
export function traitsOf({ name, prompt }: Pick<Speaker, 'name' | 'prompt'>): Traits {
  const texts = [wordsOf(name), wordsOf(prompt)]
  const count = (words: readonly string[], kind: keyof typeof WORDS): number =>
    words.filter((word) => WORDS[kind].has(word)).length
  const choose = <T extends 'female' | 'male' | 'child' | 'old'>(one: T, other: T): T | null => {
    for (const words of texts) {
      const balance = count(words, one) - count(words, other)
      if (balance !== 0) return balance > 0 ? one : other
    }
    return null
  }
  return {
    sex: choose<Sex>('female', 'male'),
    age: choose<Age>('child', 'old'),
    machine: texts.some((words) => count(words, 'machine') > 0),
  }
}

/** 0 to 1, the same for the same text. */
const chance = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32

/** Voices to choose from, without pace. */
export type Choices = readonly Pick<Voice, 'id' | 'pitch'>[]

/**
 * Gives each speaker one of the voices that fit it: where to begin is drawn from its voice sample, and whoever comes to a voice
 * that another speaker of the film has already takes the next. Speakers are served by name, so that the order of a document
 * is of no account.
 * @param fixed voices that the operator has named, by symbol name or asset id
 */
export function castSpeakers(
  speakers: readonly Speaker[],
  fixed: (id: string) => Pick<Voice, 'id' | 'pitch'> | null,
  fitting: (traits: Traits, drawn: number) => Choices,
  pace: (traits: Traits, drawn: number) => number,
): Map<string, Voice> {
  const cast = new Map<string, Voice>()
  const taken = new Set<string>()
  const nameOf = ({ id, pitch }: Pick<Voice, 'id' | 'pitch'>): string => `${id} ${pitch}`
  const byName = [...speakers].sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const speaker of byName) {
    const voice = fixed(speaker.name) ?? fixed(speaker.assetId)
    const traits = traitsOf(speaker)
    const paceOf = pace(traits, chance(`pace\n${speaker.name}`))
    if (voice) {
      cast.set(speaker.name, { ...voice, pace: paceOf })
      taken.add(nameOf(voice))
      continue
    }
    const choices = fitting(traits, chance(`sex\n${speaker.assetId}\n${speaker.name}`))
    const first = Math.floor(chance(`voice\n${speaker.assetId}`) * choices.length)
    const inTurn = [...choices.slice(first), ...choices.slice(0, first)]
    const chosen = inTurn.find((choice) => !taken.has(nameOf(choice))) ?? inTurn[0]!
    taken.add(nameOf(chosen))
    cast.set(speaker.name, { ...chosen, pace: paceOf })
  }
  return cast
}
