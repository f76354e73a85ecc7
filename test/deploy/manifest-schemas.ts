/**
 * What we demand of each kind of object the chart renders: the parts of the Kubernetes API that we use, closed where
 * a typing mistake would otherwise go unnoticed (the API server drops or refuses unknown fields), and our own rules
 * (no root, read-only root file system, limits, probes).
 */
const object = (properties: Record<string, unknown>, required: string[] = [], closed = true) => ({
  type: 'object',
  properties,
  required,
  ...(closed ? { additionalProperties: false } : {}),
})
const name = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' }
const labelValue = { type: 'string', maxLength: 63, pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$' }
const labels = { type: 'object', minProperties: 3, additionalProperties: labelValue }
const strings = { type: 'object', additionalProperties: { type: 'string' } }
const metadata = object(
  {
    name,
    labels: { ...labels, required: ['helm.sh/chart', 'app.kubernetes.io/managed-by'] },
    annotations: strings,
  },
  ['name', 'labels'],
)
const selector = object({ matchLabels: labels }, ['matchLabels'])
const count = { type: 'integer', minimum: 0 }
const port = { anyOf: [{ type: 'integer', minimum: 1, maximum: 65_535 }, name] }
const quantity = { type: ['string', 'integer'], pattern: '^[0-9]+(\\.[0-9]+)?(m|k|M|G|Ki|Mi|Gi|Ti)?$' }

const probe = {
  ...object(
    {
      httpGet: object({ path: { type: 'string', pattern: '^/' }, port }, ['path', 'port']),
      exec: object({ command: { type: 'array', minItems: 1, items: { type: 'string' } } }, ['command']),
      periodSeconds: count,
      timeoutSeconds: count,
      failureThreshold: count,
    },
    ['periodSeconds', 'timeoutSeconds', 'failureThreshold'],
  ),
  oneOf: [{ required: ['httpGet'] }, { required: ['exec'] }],
}
const env = {
  ...object(
    {
      name: { type: 'string', pattern: '^[A-Z][A-Z0-9_]*$' },
      value: { type: 'string' },
      valueFrom: object(
        {
          secretKeyRef: object(
            { name, key: { type: 'string', minLength: 1 }, optional: { type: 'boolean' } },
            ['name', 'key'],
          ),
        },
        ['secretKeyRef'],
      ),
    },
    ['name'],
  ),
  oneOf: [{ required: ['value'] }, { required: ['valueFrom'] }],
}
const container = object(
  {
    name,
    // A tag or a digest, never `latest`, never an empty one.
    image: {
      type: 'string',
      pattern:
        '^[^\\s:@]+(:\\d+)?(/[^\\s:@]+)*(:(?!latest$)[A-Za-z0-9_][A-Za-z0-9_.-]*|@sha256:[0-9a-f]{64})$',
    },
    imagePullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
    args: { type: 'array', items: { type: 'string' } },
    env: { type: 'array', items: env },
    ports: { type: 'array', items: object({ name, containerPort: port }, ['name', 'containerPort']) },
    startupProbe: probe,
    livenessProbe: probe,
    readinessProbe: probe,
    lifecycle: object({ preStop: object({ exec: object({ command: { type: 'array' } }, ['command']) }) }),
    resources: object(
      {
        requests: { type: 'object', required: ['cpu', 'memory'], additionalProperties: quantity },
        limits: { type: 'object', required: ['memory'], additionalProperties: quantity },
      },
      ['requests', 'limits'],
    ),
    securityContext: {
      const: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    },
    volumeMounts: {
      type: 'array',
      contains: { properties: { mountPath: { const: '/tmp' } } },
      items: object({ name, mountPath: { type: 'string', pattern: '^/' }, readOnly: { type: 'boolean' } }, [
        'name',
        'mountPath',
      ]),
    },
  },
  ['name', 'image', 'imagePullPolicy', 'resources', 'securityContext', 'volumeMounts'],
)
const volume = {
  ...object(
    {
      name,
      emptyDir: object({ sizeLimit: quantity, medium: { const: 'Memory' } }, ['sizeLimit']),
      configMap: object({ name }, ['name']),
      persistentVolumeClaim: object({ claimName: name, readOnly: { type: 'boolean' } }, ['claimName']),
    },
    ['name'],
  ),
  minProperties: 2,
  maxProperties: 2,
}
const podSpec = object(
  {
    automountServiceAccountToken: { const: false },
    enableServiceLinks: { const: false },
    serviceAccountName: name,
    imagePullSecrets: { type: 'array', items: object({ name }, ['name']) },
    securityContext: object(
      {
        runAsNonRoot: { const: true },
        runAsUser: { type: 'integer', minimum: 1 },
        runAsGroup: { type: 'integer', minimum: 1 },
        fsGroup: { type: 'integer', minimum: 1 },
        fsGroupChangePolicy: { const: 'OnRootMismatch' },
        seccompProfile: { const: { type: 'RuntimeDefault' } },
      },
      ['runAsNonRoot', 'runAsUser', 'fsGroup', 'seccompProfile'],
    ),
    terminationGracePeriodSeconds: { type: 'integer', minimum: 45 },
    runtimeClassName: name,
    restartPolicy: { enum: ['Never', 'OnFailure'] },
    initContainers: { type: 'array', items: container },
    containers: { type: 'array', minItems: 1, maxItems: 1, items: container },
    volumes: { type: 'array', items: volume },
    topologySpreadConstraints: { type: 'array', items: { type: 'object', required: ['labelSelector'] } },
    nodeSelector: strings,
    tolerations: { type: 'array', items: { type: 'object' } },
    affinity: { type: 'object' },
  },
  [
    'automountServiceAccountToken',
    'enableServiceLinks',
    'securityContext',
    'terminationGracePeriodSeconds',
    'containers',
  ],
)
const template = object({ metadata: object({ labels, annotations: strings }, ['labels']), spec: podSpec }, [
  'metadata',
  'spec',
])
const claim = object(
  {
    metadata: object({ name, labels }, ['name']),
    spec: object(
      {
        accessModes: { const: ['ReadWriteOnce'] },
        storageClassName: { type: 'string' },
        resources: object({ requests: object({ storage: quantity }, ['storage']) }, ['requests']),
      },
      ['accessModes', 'resources'],
    ),
  },
  ['metadata', 'spec'],
)
const peers = {
  type: 'array',
  items: object({ podSelector: selector, namespaceSelector: selector, ipBlock: { type: 'object' } }),
}
const policyPorts = {
  type: 'array',
  items: object({ port, protocol: { enum: ['TCP', 'UDP'] } }, ['port', 'protocol']),
}

const kind = (apiVersion: string, value: string, spec: object) =>
  object({ apiVersion: { const: apiVersion }, kind: { const: value }, metadata, spec }, [
    'apiVersion',
    'kind',
    'metadata',
    'spec',
  ])

export const manifestSchemas: Record<string, object> = {
  Deployment: kind(
    'apps/v1',
    'Deployment',
    object(
      {
        replicas: count,
        revisionHistoryLimit: count,
        strategy: { type: 'object', required: ['type'] },
        selector,
        template,
      },
      ['selector', 'template'],
    ),
  ),
  StatefulSet: kind(
    'apps/v1',
    'StatefulSet',
    object(
      {
        replicas: count,
        serviceName: name,
        podManagementPolicy: { const: 'Parallel' },
        selector,
        template,
        volumeClaimTemplates: { type: 'array', items: claim },
      },
      ['replicas', 'serviceName', 'selector', 'template'],
    ),
  ),
  Job: kind(
    'batch/v1',
    'Job',
    object({ backoffLimit: count, activeDeadlineSeconds: count, template }, [
      'backoffLimit',
      'activeDeadlineSeconds',
      'template',
    ]),
  ),
  Service: kind(
    'v1',
    'Service',
    object(
      {
        type: { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
        clusterIP: { const: 'None' },
        publishNotReadyAddresses: { type: 'boolean' },
        selector: labels,
        ports: {
          type: 'array',
          minItems: 1,
          items: object({ name, port, targetPort: port }, ['name', 'port', 'targetPort']),
        },
      },
      ['selector', 'ports'],
    ),
  ),
  PodDisruptionBudget: kind(
    'policy/v1',
    'PodDisruptionBudget',
    object({ maxUnavailable: { type: ['integer', 'string'] }, selector }, ['maxUnavailable', 'selector']),
  ),
  HorizontalPodAutoscaler: kind(
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    object(
      {
        scaleTargetRef: object({ apiVersion: { const: 'apps/v1' }, kind: { const: 'Deployment' }, name }, [
          'apiVersion',
          'kind',
          'name',
        ]),
        minReplicas: { type: 'integer', minimum: 1 },
        maxReplicas: { type: 'integer', minimum: 1 },
        metrics: { type: 'array', minItems: 1 },
      },
      ['scaleTargetRef', 'minReplicas', 'maxReplicas', 'metrics'],
    ),
  ),
  Ingress: kind(
    'networking.k8s.io/v1',
    'Ingress',
    object(
      {
        ingressClassName: name,
        tls: {
          type: 'array',
          items: object({ hosts: { type: 'array' }, secretName: name }, ['hosts', 'secretName']),
        },
        rules: {
          type: 'array',
          minItems: 1,
          items: object({ host: { type: 'string', minLength: 1 }, http: { type: 'object' } }, [
            'host',
            'http',
          ]),
        },
      },
      ['rules'],
    ),
  ),
  NetworkPolicy: kind(
    'networking.k8s.io/v1',
    'NetworkPolicy',
    object(
      {
        podSelector: selector,
        policyTypes: { type: 'array', minItems: 1, items: { enum: ['Ingress', 'Egress'] } },
        ingress: { type: 'array', items: object({ from: peers, ports: policyPorts }) },
        egress: { type: 'array', items: object({ to: peers, ports: policyPorts }) },
      },
      ['podSelector', 'policyTypes'],
    ),
  ),
}
