/**
 * Configuration: read once from the environment by the main files, checked against `schemas/config.schema.json`.
 * A bad or missing value stops the start and names every variable at fault.
 */
import { Ajv2020 } from 'ajv/dist/2020.js'
import schema from '../../schemas/config.schema.json' with { type: 'json' }
import type { Config as Variables } from '../../schemas/types.ts'
import { parseNetwork } from './networks.ts'

export type EngineKind = 'comfyui' | 'runpod' | 'preview'

/** Who speaks dialogue. */
export type VoiceKind = Exclude<NonNullable<Variables['VOICE_ENGINE']>, 'off'>

export type Mode = 'developer' | 'self-hosted' | 'production'

/** The checked configuration. Names are those of the environment, so that a reader finds them in the documentation. */
export type Config = Readonly<
  Omit<
    Required<Variables>,
    | 'ACCEPTED_LICENCES'
    | 'ALLOWED_NODES'
    | 'DEFAULT_ENGINE'
    | 'FRAMECAST_MODE'
    | 'COMFYUI_URLS'
    | 'RUNPOD_RESULT_ALLOWED_CIDRS'
    | 'CORS_ORIGINS'
    | 'TRUSTED_PROXIES'
    | 'VOICE_DEFAULT'
    | 'VOICE_MAP'
    | 'WEBHOOK_ALLOWED_CIDRS'
    | 'WORKER_ROLES'
  > & {
    ACCEPTED_LICENCES: readonly string[]
    ALLOWED_NODES: readonly string[]
    FRAMECAST_MODE: Mode
    /** Named by the operator; null: chosen for each job. */
    DEFAULT_ENGINE: EngineKind | null
    COMFYUI_URLS: readonly string[]
    RUNPOD_RESULT_ALLOWED_CIDRS: readonly string[]
    CORS_ORIGINS: readonly string[]
    TRUSTED_PROXIES: readonly string[]
    VOICE_DEFAULT: readonly string[]
    /** Voice ids by symbol name or audio asset id. */
    VOICE_MAP: Readonly<Record<string, string>>
    WEBHOOK_ALLOWED_CIDRS: readonly string[]
    WORKER_ROLES: readonly WorkerRole[]
  }
>

export const WORKER_ROLES = ['plan', 'scene', 'voice', 'assemble', 'webhook', 'housekeeping'] as const
export type WorkerRole = (typeof WORKER_ROLES)[number]

export class ConfigError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** The longer name of a mode is another word for it. */
const modeOf = (name: Variables['FRAMECAST_MODE'] = 'production'): Mode =>
  name === 'self-hosted-production' ? 'self-hosted' : name

/** Voice ids by symbol name or asset id; null when the text is something else. */
function voiceMapOf(text: string): Record<string, string> | null {
  if (text.trim() === '') return {}
  try {
    const map: unknown = JSON.parse(text)
    if (typeof map !== 'object' || map === null || Array.isArray(map)) return null
    const isId = (id: unknown): id is string => typeof id === 'string' && /^[\w.:/-]{1,200}$/.test(id)
    const pairs = Object.entries(map)
    return pairs.every((pair): pair is [string, string] => isId(pair[1])) ? Object.fromEntries(pairs) : null
  } catch {
    return null
  }
}

const isWorkerRole = (text: string): text is WorkerRole => (WORKER_ROLES as readonly string[]).includes(text)

/** What is wrong with one variable, in words, without showing the value of a secret. */
function explain(name: string, property: Record<string, unknown>, value: unknown): string {
  const shown = 'x-secret' in property ? 'its value' : JSON.stringify(value)
  if (Array.isArray(property.enum))
    return `${name} is ${shown}; it must be one of ${property.enum.join(', ')}`
  if (property.type === 'integer' || property.type === 'number') {
    const bounds = [
      property.minimum !== undefined ? `at least ${property.minimum}` : '',
      property.maximum !== undefined ? `at most ${property.maximum}` : '',
    ].filter(Boolean)
    const kind = property.type === 'integer' ? 'a whole number' : 'a number'
    return `${name} is ${shown}; it must be ${kind}${bounds.length > 0 ? `, ${bounds.join(' and ')}` : ''}`
  }
  if (property.type === 'boolean') return `${name} is ${shown}; it must be true or false`
  return `${name} is ${shown}, which does not have the right form. ${property.description}`
}

type Checked = { given: Record<string, unknown>; problems: string[] }

/** The values of the named variables, converted, with defaults, and what is wrong with them. */
function check(env: NodeJS.ProcessEnv, names: readonly string[]): Checked {
  const properties = schema.properties as Record<string, Record<string, unknown>>
  const given: Record<string, unknown> = {}
  for (const name of names) {
    const text = env[name]
    if (text !== undefined && text !== '') given[name] = text
  }
  const validate = new Ajv2020({
    validateSchema: false,
    coerceTypes: true,
    useDefaults: true,
    allErrors: true,
    strict: false,
    // Compiled at every start and used a few times: making the code shorter takes as long as making it.
    code: { optimize: false },
  }).compile({
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, properties[name]])),
    required: schema.required.filter((name) => names.includes(name)),
  })
  const problems: string[] = []
  if (!validate(given)) {
    for (const error of validate.errors ?? []) {
      const missing = error.keyword === 'required' ? String(error.params.missingProperty) : null
      const name = missing ?? error.instancePath.slice(1)
      const property = properties[name] ?? {}
      problems.push(
        missing ? `${name} is not set. ${property.description}` : explain(name, property, env[name]),
      )
    }
  }
  return { given, problems }
}

const WORKFLOW_VARIABLES = [
  'ACCEPTED_LICENCES',
  'ALLOWED_NODES',
  'DEFAULT_WORKFLOW',
  'FRAMECAST_MODE',
  'WORKFLOWS_DIR',
] as const

/** The part of the configuration that decides about workflows. */
export type WorkflowSettings = Pick<Config, (typeof WORKFLOW_VARIABLES)[number]>

/**
 * Reads just that part, for commands that need neither database nor store.
 * @throws {ConfigError} naming every variable that is wrong
 */
export function readWorkflowSettings(env: NodeJS.ProcessEnv): WorkflowSettings {
  const { given, problems } = check(env, WORKFLOW_VARIABLES)
  if (problems.length > 0) throw new ConfigError(problems)
  return workflowSettings(given as unknown as Required<Variables>)
}

const VOICE_VARIABLES = ['VOICE_ENGINE', 'VOICE_URL', 'VOICE_MODEL'] as const

/**
 * Reads just who speaks, for commands that need neither database nor store.
 * @throws {ConfigError} naming every variable that is wrong
 */
export function readVoiceSettings(env: NodeJS.ProcessEnv): Pick<Config, (typeof VOICE_VARIABLES)[number]> {
  const { given, problems } = check(env, VOICE_VARIABLES)
  if (problems.length > 0) throw new ConfigError(problems)
  return given as unknown as Pick<Config, (typeof VOICE_VARIABLES)[number]>
}

const SPEECH_VARIABLES = [
  ...VOICE_VARIABLES,
  'VOICE_API_KEY',
  'VOICE_DEFAULT',
  'VOICE_MAP',
  'VOICE_SPEED',
] as const

/**
 * Reads all that speaking needs, and no more.
 * @throws {ConfigError} naming every variable that is wrong
 */
export function readSpeechSettings(env: NodeJS.ProcessEnv): Pick<Config, (typeof SPEECH_VARIABLES)[number]> {
  const { given, problems } = check(env, SPEECH_VARIABLES)
  const complete = given as unknown as Required<Variables>
  const voiceMap = voiceMapOf(complete.VOICE_MAP ?? '')
  if (voiceMap === null) problems.push('VOICE_MAP is no JSON object of texts')
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    ...complete,
    VOICE_DEFAULT: list(complete.VOICE_DEFAULT),
    VOICE_MAP: voiceMap ?? {},
    VOICE_URL: complete.VOICE_URL.replace(/\/+$/, ''),
  }
}

const workflowSettings = (complete: Required<Variables>): WorkflowSettings => ({
  ACCEPTED_LICENCES: list(complete.ACCEPTED_LICENCES),
  ALLOWED_NODES: list(complete.ALLOWED_NODES),
  DEFAULT_WORKFLOW: complete.DEFAULT_WORKFLOW,
  FRAMECAST_MODE: modeOf(complete.FRAMECAST_MODE),
  WORKFLOWS_DIR: complete.WORKFLOWS_DIR,
})

/** A week: longest life of a job there. */
const MAX_RUNPOD_TTL_S = 604_800

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Settings of engines that make no sense together. */
function engineProblems(raw: Variables): string[] {
  const problems: string[] = []
  const { RUNPOD_API_KEY: key, RUNPOD_ENDPOINT_ID: endpoint, RUNPOD_BASE_URL: base = '' } = raw
  if (key && !endpoint)
    problems.push('RUNPOD_ENDPOINT_ID is not set; RUNPOD_API_KEY alone does not say which endpoint to use')
  if (endpoint && !key)
    problems.push('RUNPOD_API_KEY is not set; the endpoint RUNPOD_ENDPOINT_ID cannot be used without a key')
  const url = URL.parse(base)
  if (base !== '' && !url)
    problems.push('RUNPOD_BASE_URL is no address; it looks like https://api.runpod.ai/v2')
  if (url?.protocol === 'http:' && !LOOPBACK.test(url.hostname))
    problems.push('RUNPOD_BASE_URL must begin with https://: the key would travel in the clear')
  const total = (raw.RUNPOD_EXECUTION_SECONDS ?? 0) + (raw.RUNPOD_QUEUE_SECONDS ?? 0)
  if (key && total > MAX_RUNPOD_TTL_S)
    problems.push(
      `RUNPOD_EXECUTION_SECONDS and RUNPOD_QUEUE_SECONDS are ${total} together; RunPod keeps a job for at most ${MAX_RUNPOD_TTL_S} s`,
    )
  if (raw.DEFAULT_ENGINE === 'runpod' && !key)
    problems.push('DEFAULT_ENGINE is "runpod", and RUNPOD_API_KEY and RUNPOD_ENDPOINT_ID are not set')
  return problems
}

/**
 * Reads and checks the configuration.
 * @param env environment variables; empty text counts as unset
 * @throws {ConfigError} naming every variable that is missing or wrong
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const { given, problems } = check(env, Object.keys(schema.properties))
  const raw = given as unknown as Variables
  const roles = list(raw.WORKER_ROLES ?? '')
  for (const role of roles) {
    if (!isWorkerRole(role)) {
      problems.push(`WORKER_ROLES names ${JSON.stringify(role)}; the roles are ${WORKER_ROLES.join(', ')}`)
    }
  }
  for (const name of ['WEBHOOK_ALLOWED_CIDRS', 'TRUSTED_PROXIES', 'RUNPOD_RESULT_ALLOWED_CIDRS'] as const) {
    for (const network of list(raw[name] ?? '')) {
      if (!parseNetwork(network)) {
        problems.push(
          `${name} holds ${JSON.stringify(network)}; a network looks like 10.20.0.0/16, an address like 127.0.0.1`,
        )
      }
    }
  }
  if (raw.AUTH_JWT_ISSUER === 'framecast')
    problems.push('AUTH_JWT_ISSUER is "framecast", which is the name under which our own sessions are signed')
  const comfyuiUrls = list(raw.COMFYUI_URLS ?? '')
  for (const [name, urls] of [
    ['COMFYUI_URLS', comfyuiUrls],
    ['PREVIEW_URL', raw.PREVIEW_URL ? [raw.PREVIEW_URL] : []],
  ] as const) {
    for (const url of urls) {
      if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
        problems.push(`${name} holds ${JSON.stringify(url)}; an address looks like http://gpu-01:8188`)
      }
    }
  }
  const voiceMap = voiceMapOf(raw.VOICE_MAP ?? '')
  if (!voiceMap) {
    problems.push(
      'VOICE_MAP is no JSON object of texts; it looks like {"keeper":"JBFqnCBsd6RMkjVDRZzb"}, symbol name or asset id to voice id',
    )
  }
  if (raw.VOICE_ENGINE === 'elevenlabs' && !raw.VOICE_API_KEY)
    problems.push('VOICE_API_KEY is not set; VOICE_ENGINE=elevenlabs needs the key of an account there')
  problems.push(...engineProblems(raw))
  if (problems.length > 0) throw new ConfigError(problems)
  const complete = raw as Required<Variables>
  return Object.freeze({
    ...complete,
    DATABASE_OWNER_URL: raw.DATABASE_OWNER_URL ?? raw.DATABASE_URL,
    S3_PUBLIC_ENDPOINT: raw.S3_PUBLIC_ENDPOINT ?? raw.S3_ENDPOINT,
    DEFAULT_ENGINE: raw.DEFAULT_ENGINE ?? null,
    ENGINE_CALLBACK_BASE_URL: (raw.ENGINE_CALLBACK_BASE_URL || complete.APP_BASE_URL).replace(/\/+$/, ''),
    RUNPOD_BASE_URL: complete.RUNPOD_BASE_URL.replace(/\/+$/, ''),
    RUNPOD_RESULT_ALLOWED_CIDRS: list(complete.RUNPOD_RESULT_ALLOWED_CIDRS),
    ...workflowSettings(complete),
    COMFYUI_URLS: comfyuiUrls.map((url) => url.replace(/\/+$/, '')),
    PREVIEW_URL: complete.PREVIEW_URL.replace(/\/+$/, ''),
    CORS_ORIGINS: list(complete.CORS_ORIGINS),
    TRUSTED_PROXIES: list(complete.TRUSTED_PROXIES),
    VOICE_DEFAULT: list(complete.VOICE_DEFAULT),
    VOICE_MAP: voiceMap ?? {},
    VOICE_URL: complete.VOICE_URL.replace(/\/+$/, ''),
    WEBHOOK_ALLOWED_CIDRS: list(complete.WEBHOOK_ALLOWED_CIDRS),
    WORKER_ROLES: roles.filter(isWorkerRole),
    WORKER_CONCURRENCY:
      raw.WORKER_CONCURRENCY ??
      Math.max(
        1,
        comfyuiUrls.length +
          (raw.PREVIEW_URL ? 1 : 0) +
          (raw.RUNPOD_API_KEY ? complete.RUNPOD_CONCURRENCY : 0),
      ),
  })
}
