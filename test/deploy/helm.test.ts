import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { test } from 'tap'
import { parse } from 'yaml'
import configSchema from '../../schemas/config.schema.json' with { type: 'json' }
import { CHART, helm, type Manifest, render, template, whyNoHelm } from './chart.ts'
import { manifestSchemas } from './manifest-schemas.ts'

type Env = { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }
type Container = {
  args?: string[]
  env?: Env[]
  image: string
  ports?: { name: string }[]
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[]
  resources: { limits: Record<string, unknown> }
}
const SETS = ['minimal-external.yaml', 'bundled.yaml', 'gpu-pool.yaml']
const MINIMAL = 'minimal-external.yaml'
const skip = whyNoHelm() ?? false

const named = (all: Manifest[], kind: string, name: string): Manifest => {
  const found = all.find((one) => one.kind === kind && one.metadata.name === name)
  if (!found)
    throw new Error(`no ${kind} ${name}; there are ${all.map((one) => `${one.kind} ${one.metadata.name}`)}`)
  return found
}
const podOf = (one: Manifest) =>
  one.spec.template?.spec as {
    containers: Container[]
    initContainers?: Container[]
    volumes?: { name: string }[]
  }
const workloads = (all: Manifest[]) => all.filter((one) => one.spec.template)
const containersOf = (one: Manifest): Container[] => [
  ...(podOf(one).initContainers ?? []),
  ...podOf(one).containers,
]
const envOf = (one: Manifest): Record<string, string | undefined> =>
  Object.fromEntries((podOf(one).containers[0]!.env ?? []).map(({ name, value }) => [name, value]))
const matches = (selector: Record<string, string>, labels: Record<string, string>) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value)

test('helm finds nothing to object to', { skip }, async (t) => {
  for (const set of SETS) {
    const { code, out, error } = await helm(['lint', CHART, '--strict'], [set])
    t.equal(code, 0, `${set}\n${out}${error}`)
    t.notMatch(out, /\[(ERROR|WARNING)\]/, set)
  }
})

for (const set of SETS) {
  test(`${set}: what is rendered holds together`, { skip }, async (t) => {
    const all = await render([set])
    const ajv = new Ajv2020({ allErrors: true, strict: false })

    for (const one of all) {
      const where = `${one.kind} ${one.metadata?.name}`
      const schema = manifestSchemas[one.kind]
      t.ok(schema, `${where}: a kind with a schema`)
      if (!schema) continue
      const validate = ajv.compile(schema)
      validate(one)
      t.strictSame(validate.errors ?? [], [], where)
    }
    const ids = all.map((one) => `${one.kind}/${one.metadata.name}`)
    t.equal(new Set(ids).size, ids.length, 'no two objects have one name')

    const pods = workloads(all)
    for (const one of pods) {
      const where = `${one.kind} ${one.metadata.name}`
      const labels = one.spec.template.metadata.labels
      if (one.spec.selector)
        t.ok(matches(one.spec.selector.matchLabels, labels), `${where}: selector finds its pods`)
      const others = pods.filter((other) => other !== one && other.spec.selector)
      for (const other of others) {
        t.notOk(
          matches(other.spec.selector.matchLabels, labels),
          `${where}: not taken for ${other.metadata.name}`,
        )
      }
      const claims = (one.spec.volumeClaimTemplates ?? []) as Manifest[]
      const volumes = [
        ...(podOf(one).volumes ?? []).map(({ name }) => name),
        ...claims.map(({ metadata }) => metadata.name),
      ]
      for (const { volumeMounts } of containersOf(one)) {
        for (const { name } of volumeMounts) t.ok(volumes.includes(name), `${where}: volume ${name}`)
      }
      if (one.kind !== 'Job') {
        for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
          t.ok(probe in podOf(one).containers[0]!, `${where}: ${probe}`)
        }
      }
    }

    for (const one of all) {
      const where = `${one.kind} ${one.metadata.name}`
      const selector =
        one.kind === 'Service'
          ? one.spec.selector
          : one.kind === 'PodDisruptionBudget'
            ? one.spec.selector.matchLabels
            : null
      if (selector) {
        const found = pods.filter((pod) => matches(selector, pod.spec.template.metadata.labels))
        t.equal(found.length, 1, `${where}: selects one workload`)
        for (const { targetPort } of one.spec.ports ?? []) {
          const ports = podOf(found[0]!).containers[0]!.ports ?? []
          t.ok(
            ports.some(({ name }) => name === targetPort),
            `${where}: port ${targetPort}`,
          )
        }
      }
      if (one.kind === 'StatefulSet') named(all, 'Service', one.spec.serviceName)
      if (one.kind === 'HorizontalPodAutoscaler') {
        t.equal(
          named(all, 'Deployment', one.spec.scaleTargetRef.name).spec.replicas,
          undefined,
          'replicas are left to it',
        )
      }
      if (one.kind === 'Ingress') {
        for (const { backend } of one.spec.rules[0].http.paths) named(all, 'Service', backend.service.name)
      }
    }
  })

  test(`${set}: secrets come from the operator's Secret alone, and every variable is known`, {
    skip,
  }, async (t) => {
    const values = parse(readFileSync(join(CHART, 'ci', set), 'utf8')) as { existingSecret: string }
    const all = await render([set])
    t.notOk(
      all.some((one) => one.kind === 'Secret'),
      'the chart makes no Secret',
    )
    const known = configSchema.properties as Record<string, object>
    const secretNames = Object.keys(known).filter((name) => 'x-secret' in known[name]!)
    let ours = 0
    for (const one of workloads(all)) {
      for (const container of containersOf(one)) {
        const names = (container.env ?? []).map(({ name }) => name)
        t.equal(new Set(names).size, names.length, `${one.metadata.name}: no variable twice`)
        for (const { name, value, valueFrom } of container.env ?? []) {
          if (valueFrom)
            t.equal(valueFrom.secretKeyRef.name, values.existingSecret, `${one.metadata.name}: ${name}`)
          else if (secretNames.includes(name) || /PASSWORD|SECRET|ROOT_USER/.test(name)) {
            t.match(value, /\$\([A-Z_]+\)/, `${one.metadata.name}: ${name} is made of a reference`)
          }
        }
        const component = one.spec.template.metadata.labels['app.kubernetes.io/component']
        if (!['server', 'worker', 'migrate', 'preview'].includes(component)) continue
        ours += 1
        for (const name of names) {
          t.ok(
            name in known || name === 'POSTGRES_PASSWORD',
            `${one.metadata.name}: ${name} is in the configuration schema`,
          )
        }
        if (component === 'preview') continue
        // References stand for values of the right form.
        const stand: Record<string, string> = {
          DATA_KEY: `${'A'.repeat(43)}=`,
          DATABASE_URL: 'postgresql://db/x',
          DATABASE_OWNER_URL: 'postgresql://db/x',
          AUTH_SESSION_SECRET: 'x'.repeat(32),
          AUTH_JWT_SECRET: 'x'.repeat(32),
          INTERNAL_TOKEN: 'x'.repeat(32),
          SMTP_URL: 'smtp://mail',
        }
        const given = Object.fromEntries(
          (container.env ?? []).map(({ name, value }) => [name, value ?? stand[name] ?? 'x']),
        )
        const validate = new Ajv2020({ coerceTypes: true, allErrors: true, strict: false }).compile(
          configSchema,
        )
        validate(given)
        t.strictSame(validate.errors ?? [], [], `${one.metadata.name}: the configuration is whole`)
      }
    }
    t.ok(ours >= 3)
  })
}

test("a database of one's own is migrated by a hook before anything else changes", { skip }, async (t) => {
  const job = named(await render([MINIMAL]), 'Job', 'studio-framecast-migrate')
  t.equal(job.metadata.annotations?.['helm.sh/hook'], 'pre-install,pre-upgrade')
  t.strictSame(
    podOf(job).initContainers?.map(({ args }) => args),
    [['node', 'migrations/main.ts', 'up']],
  )
  t.strictSame(
    podOf(job).containers.map(({ args }) => args),
    [['node', 'cli/main.ts', 'admin', 'assets', 'seed']],
    'sounds after the tables',
  )
})

test('a bundled database is migrated by an ordinary job first, by the hook from then on', {
  skip,
}, async (t) => {
  const install = await render(['bundled.yaml'])
  const job = named(install, 'Job', 'studio-framecast-migrate-install')
  t.equal(job.metadata.annotations, undefined, 'a hook would wait for what --wait waits for')
  t.ok(job.spec.backoffLimit >= 10, 'it tries until the database answers')
  const upgrade = await render(['bundled.yaml'], ['--is-upgrade'])
  t.notOk(upgrade.some((one) => one.metadata.name === job.metadata.name))
  t.match(
    named(upgrade, 'Job', 'studio-framecast-migrate').metadata.annotations?.['helm.sh/hook'],
    'pre-upgrade',
  )
})

test('bundled services are reached by the names they have', { skip }, async (t) => {
  const all = await render(['bundled.yaml'])
  const env = envOf(named(all, 'Deployment', 'studio-framecast-server'))
  t.equal(
    env.DATABASE_URL,
    'postgresql://framecast:$(POSTGRES_PASSWORD)@studio-framecast-postgres:5432/framecast',
  )
  const order = podOf(named(all, 'Deployment', 'studio-framecast-server')).containers[0]!.env!.map(
    ({ name }) => name,
  )
  t.ok(
    order.indexOf('POSTGRES_PASSWORD') < order.indexOf('DATABASE_URL'),
    'only earlier variables can be referred to',
  )
  t.equal(named(all, 'Service', 'studio-framecast-postgres').spec.ports[0].port, 5432)
  t.equal(env.S3_ENDPOINT, 'http://studio-framecast-minio:9000')
  t.equal(named(all, 'Service', 'studio-framecast-minio').spec.ports[0].port, 9000)
  t.equal(env.MEDIA_DELIVERY, 'proxy', 'no browser reaches the bundled store')
  t.equal(env.DEFAULT_ENGINE, 'preview')
  t.equal(env.PREVIEW_URL, 'http://studio-framecast-preview:8190')
  t.equal(named(all, 'Service', 'studio-framecast-preview').spec.ports[0].port, 8190)
})

test('each pool gets its roles, its concurrency and its own engines', { skip }, async (t) => {
  const all = await render(['gpu-pool.yaml'])
  const films = envOf(named(all, 'Deployment', 'studio-framecast-worker-films'))
  const gpu = envOf(named(all, 'Deployment', 'studio-framecast-worker-gpu'))
  const attic = envOf(named(all, 'Deployment', 'studio-framecast-worker-attic'))
  t.equal(films.WORKER_ROLES, 'plan,voice,assemble,webhook,housekeeping')
  t.equal(films.COMFYUI_URLS, undefined)
  t.equal(named(all, 'Deployment', 'studio-framecast-worker-films').spec.replicas, 2)
  t.equal(gpu.WORKER_ROLES, 'scene')
  t.equal(gpu.WORKER_CONCURRENCY, undefined, 'one scene an engine is the default')
  t.equal(attic.WORKER_CONCURRENCY, '2')
  t.equal(attic.COMFYUI_URLS, 'http://gpu-01.studio.example:8188,http://gpu-02.studio.example:8188')

  const set = named(all, 'StatefulSet', 'studio-framecast-comfyui-gpu')
  t.equal(set.spec.replicas, 3)
  t.equal(podOf(set).containers[0]!.resources.limits['nvidia.com/gpu'], 1)
  t.strictSame(
    gpu.COMFYUI_URLS!.split(','),
    [0, 1, 2].map((i) => `http://${set.metadata.name}-${i}.${set.spec.serviceName}:8188`),
  )
  t.equal(all.filter((one) => one.kind === 'StatefulSet').length, 1, 'the attic has no pods here')
  for (const env of [films, gpu, attic]) t.equal(env.DEFAULT_ENGINE, 'comfyui', 'all agree on the default')
})

test('with an endpoint and no servers of its own, the default engine is the endpoint', {
  skip,
}, async (t) => {
  const all = await render([MINIMAL, { config: { RUNPOD_ENDPOINT_ID: 'abc123' } }])
  t.equal(envOf(named(all, 'Deployment', 'studio-framecast-server')).DEFAULT_ENGINE, 'runpod')
  const both = await render(['gpu-pool.yaml', { config: { RUNPOD_ENDPOINT_ID: 'abc123' } }])
  t.equal(envOf(named(both, 'Deployment', 'studio-framecast-server')).DEFAULT_ENGINE, 'comfyui')
})

test('numbers of the configuration are written as people write them', { skip }, async (t) => {
  const all = await render(['gpu-pool.yaml', { config: { JOB_TIMEOUT_SECONDS: 12_000_000 } }])
  const env = envOf(named(all, 'Deployment', 'studio-framecast-server'))
  t.equal(env.JOB_TIMEOUT_SECONDS, '12000000')
  t.equal(env.CREDITS_PER_SECOND, '0.5')
})

test('engines are reached by workers alone, the database by those that use it', { skip }, async (t) => {
  const all = await render([
    'bundled.yaml',
    {
      workerPools: [
        {
          name: 'gpu',
          roles: ['plan', 'scene', 'voice', 'assemble', 'webhook', 'housekeeping'],
          comfyui: { gpus: 1 },
        },
      ],
    },
  ])
  const pods = workloads(all).map((one) => one.spec.template.metadata.labels as Record<string, string>)
  const component = (labels: Record<string, string>) => labels['app.kubernetes.io/component']!
  for (const [target, allowed] of [
    ['comfyui', ['worker']],
    ['preview', ['worker']],
    ['postgres', ['migrate', 'server', 'worker']],
    ['minio', ['migrate', 'server', 'worker']],
    ['worker', []],
    ['migrate', []],
  ] as const) {
    const policy = named(all, 'NetworkPolicy', `studio-framecast-${target}`)
    t.ok(
      pods.some(
        (labels) => component(labels) === target && matches(policy.spec.podSelector.matchLabels, labels),
      ),
      `${target}: the policy holds for its pods`,
    )
    const peers = policy.spec.ingress.flatMap(
      (rule: { from?: { podSelector: { matchLabels: Record<string, string> } }[] }) => rule.from,
    )
    const reach = pods.filter((labels) =>
      peers.some((peer: { podSelector: { matchLabels: Record<string, string> } }) =>
        matches(peer.podSelector.matchLabels, labels),
      ),
    )
    t.strictSame(
      [...new Set(reach.map(component))].sort(),
      [...allowed],
      `${target} is reached by ${allowed}`,
    )
  }
  const policy = named(all, 'NetworkPolicy', 'studio-framecast-comfyui')
  t.strictSame(
    policy.spec.egress[0].ports.map(({ port }: { port: number }) => port),
    [53, 53, 443],
    'weights are fetched',
  )
  const closed = await render(['gpu-pool.yaml', { comfyui: { models: { existingClaim: 'weights' } } }])
  t.strictSame(
    named(closed, 'NetworkPolicy', 'studio-framecast-comfyui').spec.egress,
    [],
    'nothing to fetch, no way out',
  )
  const pod = podOf(named(closed, 'StatefulSet', 'studio-framecast-comfyui-gpu'))
  t.equal(pod.initContainers, undefined)
  t.equal(pod.containers[0]!.volumeMounts.find(({ name }) => name === 'models')?.readOnly, true)
})

test("a pool's own resources and placement win over the shared ones", { skip }, async (t) => {
  const own = { requests: { cpu: '4', memory: '8Gi' }, limits: { memory: '8Gi' } }
  const pool = {
    name: 'main',
    roles: ['plan', 'scene', 'voice', 'assemble', 'webhook', 'housekeeping'],
    resources: own,
    nodeSelector: { disk: 'fast' },
  }
  const all = await render([MINIMAL, { workerPools: [pool], worker: { nodeSelector: { disk: 'slow' } } }])
  const worker = named(all, 'Deployment', 'studio-framecast-worker-main')
  t.strictSame(podOf(worker).containers[0]!.resources, own)
  t.strictSame(worker.spec.template.spec.nodeSelector, { disk: 'fast' })
})

test('an image can be named by digest', { skip }, async (t) => {
  const digest = `sha256:${'a'.repeat(64)}`
  const all = await render([MINIMAL, { image: { digest, tag: '9.9.9' } }])
  t.equal(
    podOf(named(all, 'Deployment', 'studio-framecast-server')).containers[0]!.image,
    `framecast@${digest}`,
  )
})

const everything = ['plan', 'scene', 'assemble', 'webhook', 'housekeeping']
const REFUSED: [string, (object | string)[], RegExp][] = [
  [
    'no Secret',
    [{ s3: { endpoint: 'https://s3.example' } }],
    /existingSecret is not set[\s\S]*kubectl -n films create secret[\s\S]*DATABASE_URL=/,
  ],
  [
    'no Secret, bundled database',
    [{ postgres: { enabled: true }, minio: { enabled: true } }],
    /POSTGRES_PASSWORD=/,
  ],
  [
    'no object store',
    [{ existingSecret: 'x' }],
    /No object store: set s3\.endpoint .* or minio\.enabled=true/,
  ],
  ['two object stores', [MINIMAL, { minio: { enabled: true } }], /choose one/],
  [
    'a bundled store that browsers are sent to',
    ['bundled.yaml', { s3: { mediaDelivery: 'redirect' } }],
    /no address outside the cluster/,
  ],
  [
    'a role that nobody has',
    [MINIMAL, { workerPools: [{ name: 'a', roles: ['plan', 'scene', 'voice', 'assemble', 'webhook'] }] }],
    /has the role housekeeping/,
  ],
  [
    'a role that only an empty pool has',
    [MINIMAL, { workerPools: [{ name: 'a', roles: everything, replicas: 0 }] }],
    /has the role plan/,
  ],
  [
    'two pools of one name',
    [
      MINIMAL,
      {
        workerPools: [
          { name: 'a', roles: everything },
          { name: 'a', roles: ['scene'] },
        ],
      },
    ],
    /Two worker pools are called "a"/,
  ],
  [
    'scenes without an engine',
    [MINIMAL, { preview: { enabled: false } }],
    /"main" has the role scene but nothing to make pictures with/,
  ],
  [
    'idle GPUs',
    [
      MINIMAL,
      {
        workerPools: [
          { name: 'a', roles: everything },
          { name: 'b', roles: ['assemble'], comfyui: { gpus: 1 } },
        ],
      },
    ],
    /"b" has ComfyUI hosts but not the role scene/,
  ],
  [
    'a default engine that is not there',
    [MINIMAL, { defaultEngine: 'comfyui' }],
    /no worker pool has comfyui\.gpus/,
  ],
  ['an ingress without a host', [MINIMAL, { ingress: { enabled: true } }], /needs ingress\.host/],
  [
    'links that lead nowhere',
    [MINIMAL, { ingress: { enabled: true, host: 'f.example', tlsSecret: 'x' } }],
    /Set config\.APP_BASE_URL=https:\/\/f\.example/,
  ],
  [
    'an autoscaler upside down',
    [MINIMAL, { server: { autoscaling: { enabled: true, minReplicas: 9 } } }],
    /minReplicas is larger/,
  ],
  ['a name that is too long', [MINIMAL, { fullnameOverride: 'a'.repeat(27) }], /longer than 26 characters/],
  ['a misspelt value', [MINIMAL, { worker: { resorces: {} } }], /resorces is not allowed/],
  ['a misspelt variable', [MINIMAL, { config: { LOGLEVEL: 'info' } }], /LOGLEVEL is not allowed/],
  ['a secret among the values', [MINIMAL, { config: { DATA_KEY: 'abc' } }], /DATA_KEY is not allowed/],
  [
    'an unknown role',
    [MINIMAL, { workerPools: [{ name: 'a', roles: ['dance'] }] }],
    /workerPools\.0\.roles\.0/,
  ],
  ['the tag latest', [MINIMAL, { image: { tag: 'latest' } }], /image\.tag/],
]
for (const [what, values, says] of REFUSED) {
  test(`refused with a word of help: ${what}`, { skip }, async (t) => {
    const { code, out, error } = await template(values)
    t.not(code, 0)
    t.equal(out, '', 'nothing is rendered')
    t.match(error, says)
  })
}

test('every variable has its place: in values.config, or worked out by the chart', (t) => {
  const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as {
    properties: { config: { properties: object } }
  }
  const settable = Object.keys(schema.properties.config.properties)
  // Set by the chart from other values or from the Secret, or fixed by the image.
  const placed = [
    ...[
      'DATABASE_URL',
      'DATABASE_OWNER_URL',
      'DATA_KEY',
      'S3_ACCESS_KEY',
      'S3_SECRET_KEY',
      'AUTH_SESSION_SECRET',
      'AUTH_JWT_SECRET',
      'SMTP_URL',
      'VOICE_API_KEY',
      'RUNPOD_API_KEY',
      'INTERNAL_TOKEN',
      'HOST',
      'PORT',
      'MEDIA_DELIVERY',
      'DEFAULT_ENGINE',
    ],
    ...['S3_ENDPOINT', 'S3_PUBLIC_ENDPOINT', 'S3_REGION', 'S3_FORCE_PATH_STYLE'],
    ...['S3_BUCKET_OUTPUTS', 'S3_BUCKET_SYSTEM'],
    ...['COMFYUI_URLS', 'PREVIEW_URL', 'WORKFLOWS_DIR', 'WORKER_ROLES', 'WORKER_CONCURRENCY', 'WORK_DIR'],
    ...['PREVIEW_HOST', 'PREVIEW_PORT', 'PREVIEW_DATA_DIR', 'FFMPEG_PATH', 'FFPROBE_PATH'],
    // For tests alone.
    'FAULT_PLAN',
  ]
  t.strictSame([...settable, ...placed].sort(), Object.keys(configSchema.properties).sort())
  t.end()
})

test('chart and package have one version', (t) => {
  const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as { appVersion: string }
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  t.equal(chart.appVersion, version)
  t.end()
})
