/** Options of a render: read once at the door, complete from then on. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import schema from '../../schemas/render-options.schema.json' with { type: 'json' }
import type { RenderOptionsBody } from '../../schemas/types.ts'
import type { Aspect, FrameRate, Resolution } from '../media/format.ts'
import type { Problem } from './problems.ts'
import { didYouMean } from './suggest.ts'
import { byteSize, describe } from './values.ts'

/** How loud a film is made: for the web (-14 LUFS), for broadcasting in Europe (-23 LUFS), or as mixed. */
export type LoudnessProfile = 'web' | 'ebu-r128' | 'none'

export type RenderOptions = {
  engine: 'auto' | 'preview' | 'comfyui' | 'runpod'
  resolution: Resolution
  aspect: Aspect
  fps: FrameRate
  /** null: chosen for each scene. */
  seed: number | null
  /** `default`: the engine's own choice. */
  workflow: string
  /** Another engine may make what the chosen one cannot. */
  fallback: boolean
  draft: boolean
  /** At the head of each shot; the take is 1 unless it is named. */
  slate: boolean | { take?: number | null }
  /** In every frame. */
  timecode: boolean
  /** What may be taken from the cache, and whether something is left there. */
  cache: 'use' | 'refresh' | 'bypass' | 'only'
  /** The scenes that are rendered where that is needed; the others have to be there. null: all of them. */
  scenes: string[] | null
  loudness: LoudnessProfile
  captions: 'soft' | 'burn' | 'off'
  /** Unknown keys are kept as they came. */
  [unknown: string]: unknown
}

export const MAX_OPTIONS_BYTES = 8192

const validate = new Ajv2020({
  validateSchema: false,
  allErrors: true,
  verbose: true,
  allowUnionTypes: true,
  // Compiled at every start and used a few times: making the code shorter takes as long as making it.
  code: { optimize: false },
}).compile<RenderOptionsBody>(schema)

/**
 * Options with defaults filled in, or what is wrong with them. Never throws, whatever `raw` is.
 * @param raw a JSON value; absent and null mean "all defaults"
 */
export function parseOptions(raw: unknown): { options: RenderOptions } | { problems: Problem[] } {
  const size = byteSize(raw ?? null, MAX_OPTIONS_BYTES)
  if (size > MAX_OPTIONS_BYTES) {
    const message = `options are larger than ${MAX_OPTIONS_BYTES} bytes`
    return { problems: [{ path: 'options', message, code: 'options_too_large', limit: MAX_OPTIONS_BYTES }] }
  }
  if (raw != null && (Array.isArray(raw) || !validate(raw))) return { problems: problemsOf(raw) }
  const given = Object.fromEntries(
    Object.entries((raw ?? {}) as object).filter(([, value]) => value !== null),
  )
  return {
    options: {
      engine: 'auto',
      resolution: '720p',
      aspect: '16:9',
      fps: 24,
      seed: null,
      workflow: 'default',
      fallback: false,
      draft: false,
      slate: false,
      timecode: false,
      cache: 'use',
      scenes: null,
      loudness: 'web',
      captions: 'soft',
      ...given,
    },
  }
}

const WANTED: Readonly<Record<string, string>> = {
  seed: `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
  workflow: 'the name of a workflow, 1 to 100 characters',
  slate: 'true, false, or an object such as {"take": 2}',
  'slate.take': 'a whole number from 1 to 999',
  scenes: 'a list of 1 to 100 different scene ids',
}

function problemsOf(raw: unknown): Problem[] {
  if (typeof raw !== 'object' || Array.isArray(raw)) {
    return [
      {
        path: 'options',
        message: `options must be an object such as {"resolution": "480p"}, found ${describe(raw)}`,
        code: 'options_type',
      },
    ]
  }
  return (validate.errors ?? []).map((error) => {
    const name = error.instancePath.slice(1).replaceAll('/', '.')
    const path = `options.${name}`
    if (error.keyword === 'enum') {
      const allowed = (error.params.allowedValues as unknown[]).filter((value) => value !== null) as (
        | string
        | number
      )[]
      const hint = typeof error.data === 'string' ? didYouMean(error.data, allowed.map(String)) : ''
      const message = `${path} must be one of ${allowed.join(', ')}; found ${describe(error.data)}.${hint}`
      return { path, message, code: 'options_value', value: error.data, valid_values: allowed }
    }
    const wanted = WANTED[name] ?? WANTED[name.replace(/\.\d+$/, '')] ?? 'true or false'
    return {
      path,
      message: `${path} must be ${wanted}; found ${describe(error.data)}`,
      code: 'options_value',
      value: error.data,
    }
  })
}
