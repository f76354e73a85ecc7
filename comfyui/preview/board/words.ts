import type { Move } from '../../../core/media/camera.ts'

/** The words a mood is read from. Order matters inside a table: the first entry whose word occurs wins. */

export type Time = 'dawn' | 'day' | 'golden' | 'dusk' | 'night'
export type Light = 'neon' | 'fire' | 'stage' | 'storm' | 'fog' | 'moon' | 'none'
export type Place =
  | 'space'
  | 'underwater'
  | 'stage'
  | 'sea'
  | 'city'
  | 'forest'
  | 'desert'
  | 'mountain'
  | 'interior'
  | 'open'
export type Weather = 'rain' | 'snow' | 'dust' | 'clear'

export type Table<T> = readonly (readonly [T, string])[]

export const TIMES: Table<Time> = [
  ['night', 'night nights midnight nighttime moonlight moonlit starlit starry nocturnal'],
  ['dawn', 'dawn sunrise daybreak morning early-morning first-light'],
  ['golden', 'golden sunset sundown late-afternoon amber-light low-sun magic-hour'],
  ['dusk', 'dusk twilight evening blue-hour gloaming'],
  ['day', 'noon midday daylight day sunny sunlit afternoon bright-sun'],
]

export const LIGHTS: Table<Light> = [
  ['neon', 'neon cyberpunk synthwave nightclub arcade hologram holographic'],
  [
    'fire',
    'fire flame flames candle candles candlelight candlelit lantern lanterns hearth fireplace campfire torch torches ember embers lava',
  ],
  ['stage', 'spotlight spotlights limelight footlights stage concert theatre theater arena'],
  ['storm', 'storm stormy thunder lightning tempest overcast gloomy'],
  ['fog', 'fog foggy mist misty haze hazy smoke smoky steam'],
  ['moon', 'moon moonlight moonlit'],
]

export const PLACES: Table<Place> = [
  [
    'space',
    'space galaxy galaxies planet planets orbit nebula spaceship spacecraft starship asteroid cosmos comet',
  ],
  ['underwater', 'underwater undersea seabed reef coral submarine diving diver whale jellyfish'],
  ['stage', 'stage concert theatre theater arena crowd audience stadium podium auditorium ballroom'],
  [
    'city',
    'city cities street streets skyline rooftop rooftops downtown alley skyscraper skyscrapers tower towers town metropolis urban subway traffic',
  ],
  [
    'sea',
    'sea ocean beach shore shoreline coast harbour harbor boat boats ship ships sail wave waves lighthouse island pier lake river lagoon dock bay fjord',
  ],
  ['forest', 'forest woods woodland jungle trees tree grove orchard garden park pine pines rainforest swamp'],
  ['desert', 'desert dune dunes sahara sand sands wasteland canyon mesa savanna savannah mars'],
  [
    'mountain',
    'mountain mountains hill hills valley cliff cliffs peak peaks alps alpine ridge glacier volcano highlands summit',
  ],
  [
    'interior',
    'room kitchen house office corridor hallway hall studio workshop cafe café bar restaurant library bedroom attic basement window train carriage cabin church cathedral lab laboratory museum shop desk table door indoors classroom hospital factory warehouse garage',
  ],
  ['open', 'field fields meadow plain plains prairie farm village road highway countryside grass sky'],
]

export const WEATHERS: Table<Weather> = [
  ['snow', 'snow snowy snowfall snowing blizzard frost frozen ice icy winter glacier'],
  ['rain', 'rain rainy raining drizzle downpour rainfall wet monsoon puddle puddles'],
  ['dust', 'dust dusty pollen fireflies embers sparks confetti petals leaves'],
]

export const MOVES: Table<Move> = [
  [
    'push',
    'push-in push pushes zoom-in dolly-in dolly close-up closeup first-person pov approaches approach step steps walks toward towards',
  ],
  ['pull', 'pull-back pull pulls zoom-out dolly-out reveal reveals wide-shot establishing'],
  ['left', 'pan-left tracking-left'],
  ['right', 'pan-right pan pans tracking track tracks follows follow runs drives'],
  ['up', 'crane-up crane rises rise rising ascends tilt-up climbs takes-off lifts'],
  ['down', 'tilt-down descends falls falling lands dives sinks'],
  ['still', 'still static locked-off motionless tableau'],
]

/** Colour words and the colour their light takes. */
export const COLOURS: Table<string> = [
  ['#ff4b3e', 'red crimson scarlet ruby blood-red'],
  ['#ff8a3c', 'orange tangerine rust copper'],
  ['#ffc35a', 'gold golden amber yellow honey saffron'],
  ['#7fd36b', 'green lime emerald jade'],
  ['#3fc9b6', 'teal turquoise aqua cyan'],
  ['#4d8dff', 'blue azure cobalt sapphire navy'],
  ['#8f6bff', 'purple violet indigo lavender lilac magenta-blue'],
  ['#ff6bb5', 'pink rose magenta fuchsia'],
  ['#b98a5e', 'brown sepia wooden chestnut'],
  ['#e8ecf2', 'white silver pearl ivory marble'],
]
