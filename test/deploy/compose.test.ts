// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${...} is how Compose writes a variable
import { existsSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { test } from 'tap'
import { parse } from 'yaml'
import configSchema from '../../schemas/config.schema.json' with { type: 'json' }
import { composeSchema } from './compose-schema.ts'
import { interpolate, interpolateText, MissingVariable, variablesIn } from './interpolate.ts'

type Service = {
  image: string
  build?: { context: string; dockerfile?: string }
  profiles?: string[]
  user?: string
  command?: string[]
  environment?: Record<string, string | number>
  ports?: string[]
  volumes?: string[]
  networks: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck: { disable?: true; test?: string[] }
  restart: string
  stop_grace_period?: string
}
type Compose = {
  services: Record<string, Service>
  networks: Record<string, { internal?: boolean }>
  volumes: Record<string, unknown>
}

const root = new URL('../../', import.meta.url)
const raw = parse(readFileSync(new URL('compose.yaml', root), 'utf8'), { merge: true }) as Compose
const secrets = {
  POSTGRES_PASSWORD: 'c0ffee',
  SERVER_POSTGRES_PASSWORD: 'decaf',
  DATA_KEY: `${'A'.repeat(43)}=`,
  S3_ACCESS_KEY: 'framecast',
  S3_SECRET_KEY: 'not-a-default',
}
const effective = (env: Record<string, string> = {}) => interpolate(raw, { ...secrets, ...env }) as Compose
const compose = effective()
const services = Object.entries(compose.services)
/** Services that run our own image and read the configuration. */
const OURS = ['server', 'worker', 'courier', 'migrate', 'sounds']

test('substitution works as in Compose', (t) => {
  t.equal(interpolateText('a-${X:-d}-$$', {}), 'a-d-$')
  t.equal(interpolateText('${X:-d}', { X: '' }), 'd')
  t.equal(interpolateText('${X-d}', { X: '' }), '', 'without the colon an empty value counts')
  t.equal(interpolateText('${X:-a${Y:-b}}', {}), 'ab')
  t.throws(() => interpolateText('${X:?say why}', { X: '' }), new MissingVariable('X', 'say why'))
  t.end()
})

test('compose.yaml holds what its schema allows, and nothing else', (t) => {
  const validate = new Ajv2020({ allErrors: true, strict: false }).compile(composeSchema)
  validate(compose)
  t.strictSame(validate.errors ?? [], [])
  const typo = structuredClone(compose) as unknown as { services: Record<string, Record<string, unknown>> }
  typo.services.server!.enviroment = {}
  t.notOk(validate(typo), 'a misspelt key is noticed')
  t.end()
})

test('the services that were asked for are there, engines behind their profiles', (t) => {
  t.strictSame(Object.fromEntries(services.map(([name, service]) => [name, service.profiles ?? []])), {
    server: [],
    worker: [],
    courier: [],
    migrate: [],
    sounds: [],
    postgres: [],
    minio: [],
    preview: ['preview'],
    comfyui: ['gpu'],
    models: ['models'],
  })
  t.end()
})

test('every reference leads somewhere', (t) => {
  for (const [name, service] of services) {
    for (const network of service.networks) t.ok(compose.networks[network], `${name}: network ${network}`)
    for (const volume of service.volumes ?? []) {
      const source = volume.split(':')[0]!
      t.ok(source in compose.volumes, `${name}: volume ${source}`)
    }
    for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
      const target = compose.services[needed]
      t.ok(target, `${name}: depends on ${needed}`)
      t.notOk(target?.profiles, `${name}: ${needed} is always started`)
      if (condition === 'service_healthy') t.ok(target?.healthcheck.test, `${needed} has a health check`)
      if (condition === 'service_completed_successfully') t.equal(target?.restart, 'no', `${needed} ends`)
    }
    if (service.build) {
      const dockerfile = new URL(`${service.build.context}/${service.build.dockerfile ?? 'Dockerfile'}`, root)
      t.ok(existsSync(dockerfile), `${name}: ${dockerfile.pathname}`)
    }
  }
  const used = new Set(services.flatMap(([, service]) => (service.volumes ?? []).map((v) => v.split(':')[0])))
  t.strictSame([...used].sort(), Object.keys(compose.volumes).sort(), 'no volume is declared in vain')
  t.end()
})

test('nothing starts without its secrets, and the message names each and how to make it', (t) => {
  for (const name of Object.keys(secrets)) {
    for (const without of [
      { ...secrets, [name]: '' },
      Object.fromEntries(Object.entries(secrets).filter(([k]) => k !== name)),
    ]) {
      try {
        interpolate(raw, without)
        t.fail(`compose.yaml takes effect without ${name}`)
      } catch (error) {
        t.equal((error as MissingVariable).variable, name)
        t.match((error as Error).message, new RegExp(`^set ${name} in \\.env`))
      }
    }
  }
  t.end()
})

test('no secret is written down', (t) => {
  const secretNames = Object.entries(configSchema.properties)
    .filter(([, property]) => 'x-secret' in property)
    .map(([name]) => name)
  const looksSecret = (name: string) =>
    secretNames.includes(name) || /PASSWORD|SECRET|TOKEN|_KEY$|ROOT_USER/.test(name)
  let seen = 0
  for (const [name, service] of Object.entries(raw.services)) {
    for (const [variable, value] of Object.entries(service.environment ?? {})) {
      if (!looksSecret(variable)) continue
      seen += 1
      // Those that the program can do without may stay empty; none has a value here.
      t.match(String(value), /\$\{[A-Z0-9_]+(:\?|:-\})/, `${name}: ${variable} comes from outside`)
    }
  }
  t.ok(seen >= 10, `${seen} secrets looked at`)
  t.end()
})

test('only the server is published, on loopback until told otherwise', (t) => {
  for (const [name, service] of services) t.equal(Boolean(service.ports), name === 'server', name)
  t.strictSame(compose.services.server!.ports, ['127.0.0.1:3000:3000'])
  t.strictSame(effective({ BIND_ADDRESS: '192.168.1.20', PUBLISHED_PORT: '80' }).services.server!.ports, [
    '192.168.1.20:80:3000',
  ])
  t.end()
})

test('database, store and engines have no way out, and the server no way to an engine', (t) => {
  const open = Object.keys(compose.networks).filter((network) => !compose.networks[network]!.internal)
  t.strictSame(open, ['front'])
  const onFront = services.filter(([, service]) => service.networks.includes('front')).map(([name]) => name)
  t.strictSame(onFront, ['server', 'courier', 'models'])
  const onEngines = services
    .filter(([, service]) => service.networks.includes('engines'))
    .map(([name]) => name)
  t.strictSame(onEngines, ['worker', 'preview', 'comfyui'], 'engines have no authentication')
  t.end()
})

test('processes do not run as root', (t) => {
  for (const [name, service] of services) {
    // MinIO's image leaves its data folder to root; every capability is dropped instead (the schema sees to that).
    if (name === 'minio') t.equal(service.user, undefined)
    else t.match(service.user, /^(1000:1000|postgres)$/, name)
  }
  t.end()
})

test('workers and server get the time they need to hand their work back', (t) => {
  for (const name of OURS) t.equal(compose.services[name]!.stop_grace_period, '45s', name)
  t.end()
})

test('images are pinned', (t) => {
  for (const [name, { image }] of services) {
    t.match(image, /^[^:\s]+:[^:\s]+$/, name)
    t.notMatch(image, /:(latest|main|stable|\d+)$/, `${name}: ${image} names an exact version`)
  }
  t.end()
})

test('every variable that our processes get is one they know, and has a value they accept', (t) => {
  const known = configSchema.properties as Record<string, object>
  const validate = new Ajv2020({ coerceTypes: true, allErrors: true, strict: false }).compile(configSchema)
  for (const name of [...OURS, 'preview']) {
    const environment = compose.services[name]!.environment!
    for (const variable of Object.keys(environment)) t.ok(variable in known, `${name}: ${variable}`)
    if (name === 'preview') continue
    // Empty text counts as unset, as in core/platform/config.ts.
    const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
    validate(given)
    t.strictSame(validate.errors ?? [], [], `${name}: the configuration is whole`)
  }
  t.end()
})

test('engine addresses are those of the services that have them', (t) => {
  const worker = compose.services.worker!.environment!
  const preview = compose.services.preview!.environment!
  t.equal(worker.PREVIEW_URL, `http://preview:${preview.PREVIEW_PORT}`)
  t.equal(
    effective({ PREVIEW_URL: '' }).services.worker!.environment!.PREVIEW_URL,
    '',
    'an empty value turns it off',
  )
  t.equal(compose.services.minio!.environment!.MINIO_ROOT_USER, worker.S3_ACCESS_KEY)
  t.equal(compose.services.minio!.environment!.MINIO_ROOT_PASSWORD, worker.S3_SECRET_KEY)
  const database = new URL(String(worker.DATABASE_OWNER_URL))
  t.equal(database.password, compose.services.postgres!.environment!.POSTGRES_PASSWORD)
  t.equal(database.hostname, 'postgres')
  t.equal(database.pathname, `/${compose.services.postgres!.environment!.POSTGRES_DB}`)
  const server = compose.services.server!.environment!
  t.notOk('DATABASE_OWNER_URL' in server, 'the server cannot become the owner of the tables')
  const login = new URL(String(server.DATABASE_URL))
  t.not(login.username, database.username)
  t.not(login.password, database.password)
  t.equal(login.host + login.pathname, database.host + database.pathname)
  t.end()
})

test('commands name files that exist', (t) => {
  const missing: string[] = []
  for (const [name, service] of services) {
    for (const words of [service.command ?? [], service.healthcheck.test ?? []]) {
      for (const word of words.filter((part) => /^[a-z/-]+\.ts$/.test(part))) {
        if (!existsSync(new URL(word, root))) missing.push(`${name}: ${word}`)
      }
    }
  }
  t.strictSame(missing, [])
  t.end()
})

test('every variable that compose.yaml reads is explained in docs/deploy.md', (t) => {
  const docs = readFileSync(new URL('docs/deploy.md', root), 'utf8')
  for (const variable of variablesIn(raw)) t.match(docs, new RegExp(`\`${variable}\``), variable)
  t.end()
})
