/** The sounds that ship with the product, as data: 42 entries, immutable, the same for everybody. */

export const SYSTEM_ASSET_CATEGORIES = ['sfx', 'ambient', 'music', 'transition'] as const
export type SystemAssetCategory = (typeof SYSTEM_ASSET_CATEGORIES)[number]

export type SystemAsset = {
  /** `asset_<category>_<key>`: the name that storyboards use. */
  readonly id: string
  readonly category: SystemAssetCategory
  /** The key alone, e.g. `whoosh_heavy`. */
  readonly key: string
  /** For people: the key in title case. */
  readonly name: string
  readonly description: string
  readonly seconds: number
  readonly tags: readonly string[]
}

type Row = readonly [category: SystemAssetCategory, key: string, seconds: number, sound: string, tags: string]

const ROWS: readonly Row[] = [
  ['sfx', 'whoosh', 0.5, 'fast light air', 'movement, air, fast, transition'],
  ['sfx', 'whoosh_heavy', 0.8, 'strong low air', 'movement, air, powerful, impact'],
  ['sfx', 'impact', 0.3, 'plain hit', 'collision, hit, punch, effect'],
  ['sfx', 'impact_metal', 0.4, 'hit on metal', 'metal, collision, clang, industrial'],
  ['sfx', 'click', 0.2, 'soft button', 'ui, interactive, button, light'],
  ['sfx', 'pop', 0.25, 'small burst', 'pop, burst, playful, light'],
  ['sfx', 'applause', 3.2, 'long clapping', 'crowd, celebration, approval, audience'],
  ['sfx', 'applause_short', 1.1, 'brief clapping', 'crowd, celebration, approval, quick'],
  ['sfx', 'footsteps', 1.8, 'walking', 'human, movement, walking, ambient'],
  ['sfx', 'footsteps_running', 1.2, 'running', 'human, movement, running, fast'],
  ['sfx', 'confetti', 0.6, 'party popper', 'celebration, festive, playful, effect'],
  ['sfx', 'door_open', 0.7, 'creaking door', 'interaction, environment, creak, object'],
  ['sfx', 'door_close', 0.6, 'shut door', 'interaction, environment, slam, object'],
  ['sfx', 'typing', 1.4, 'keyboard', 'human, interaction, office, activity'],
  ['sfx', 'notification', 0.3, 'alert tone', 'ui, alert, attention, digital'],
  ['ambient', 'crowd', 5.0, 'quiet people', 'crowd, people, background, calm'],
  ['ambient', 'crowd_excited', 4.8, 'loud people', 'crowd, people, background, energetic'],
  ['ambient', 'nature', 6.0, 'woodland', 'nature, outdoor, birds, forest'],
  ['ambient', 'nature_rain', 5.5, 'rain', 'nature, outdoor, water, weather'],
  ['ambient', 'city', 5.2, 'street by day', 'city, outdoor, urban, busy'],
  ['ambient', 'city_night', 5.0, 'traffic by night', 'city, outdoor, urban, night'],
  ['ambient', 'office', 5.8, 'workplace', 'office, indoor, workplace, ambient'],
  ['ambient', 'theater', 4.5, 'auditorium', 'indoor, entertainment, venue, ambient'],
  ['ambient', 'factory', 6.2, 'machines', 'industrial, machinery, factory, ambient'],
  ['ambient', 'cafe', 5.3, 'coffee house', 'indoor, social, cafe, ambient'],
  ['ambient', 'ocean', 5.7, 'sea waves', 'nature, water, outdoor, weather'],
  ['music', 'tense', 15.0, 'rising suspense', 'mood, tension, dramatic, orchestral'],
  ['music', 'tense_minimal', 12.5, 'sparse suspense', 'mood, tension, minimal, subtle'],
  ['music', 'triumphant', 18.0, 'victory', 'mood, victory, uplifting, orchestral'],
  ['music', 'peaceful', 20.0, 'calm', 'mood, peaceful, calming, instrumental'],
  ['music', 'energetic', 14.0, 'driving beat', 'mood, energetic, driving, upbeat'],
  ['music', 'anticipation', 13.5, 'build-up', 'mood, anticipation, building, dramatic'],
  ['music', 'corporate', 19.0, 'neutral business', 'mood, corporate, professional, neutral'],
  ['music', 'emotional', 16.5, 'moving strings', 'mood, emotional, poignant, orchestral'],
  ['music', 'playful', 12.0, 'light fun', 'mood, playful, whimsical, upbeat'],
  ['music', 'dramatic', 17.0, 'intense', 'mood, dramatic, intense, orchestral'],
  ['transition', 'swoosh', 0.6, 'clean sweep', 'transition, movement, clean, effect'],
  ['transition', 'fade', 1.0, 'gentle swell', 'transition, fade, smooth, effect'],
  ['transition', 'glitch', 0.4, 'digital tear', 'transition, digital, glitch, modern'],
  ['transition', 'boom', 0.8, 'deep thump', 'transition, impact, deep, powerful'],
  ['transition', 'reverse', 0.7, 'backwards sound', 'transition, reverse, effect, unusual'],
  ['transition', 'rise', 1.2, 'climbing tone', 'transition, rise, building, effect'],
]

const titleCase = (key: string): string =>
  key.replace(/(^|_)([a-z])/g, (_, gap, letter) => (gap ? ' ' : '') + letter.toUpperCase())

/** The catalogue, by category and key as listed above. */
export const SYSTEM_ASSETS: readonly SystemAsset[] = ROWS.map(([category, key, seconds, sound, tags]) => ({
  id: `asset_${category}_${key}`,
  category,
  key,
  name: titleCase(key),
  description: sound[0]!.toUpperCase() + sound.slice(1),
  seconds,
  tags: tags.split(', '),
}))

/** Ids of all system sounds. */
export const SYSTEM_ASSET_IDS: ReadonlySet<string> = new Set(SYSTEM_ASSETS.map((asset) => asset.id))
