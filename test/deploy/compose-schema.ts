/**
 * The part of the Compose specification that our compose.yaml uses, closed: a key that is not listed is a typing
 * mistake until it is added here. Written by hand from the specification; stricter where our own rules ask for it.
 */
const text = { type: 'string', minLength: 1 }
const duration = { type: 'string', pattern: '^([0-9]+(ms|s|m|h))+$' }
const size = { type: 'string', pattern: '^[0-9]+(b|k|m|g|kb|mb|gb)$' }
const command = { type: 'array', minItems: 1, items: { type: 'string' } }

const service = {
  type: 'object',
  additionalProperties: false,
  required: [
    'image',
    'cap_drop',
    'security_opt',
    'read_only',
    'restart',
    'logging',
    'networks',
    'healthcheck',
    'tmpfs',
  ],
  properties: {
    image: text,
    build: {
      type: 'object',
      additionalProperties: false,
      required: ['context'],
      properties: { context: text, dockerfile: text, args: { type: 'object' }, target: text },
    },
    profiles: { type: 'array', minItems: 1, items: text },
    user: text,
    command,
    environment: {
      type: 'object',
      propertyNames: { pattern: '^[A-Z][A-Z0-9_]*$' },
      // YAML's own booleans are refused by Compose: `off` and `true` must be quoted.
      additionalProperties: { type: ['string', 'number'] },
    },
    ports: { type: 'array', items: { type: 'string', pattern: '^[^:]+:[^:]+:[0-9]+$' } },
    volumes: { type: 'array', items: { type: 'string', pattern: '^[^:]+:/[^:]*(:ro)?$' } },
    networks: { type: 'array', minItems: 1, uniqueItems: true, items: text },
    depends_on: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['condition'],
        properties: {
          condition: { enum: ['service_started', 'service_healthy', 'service_completed_successfully'] },
        },
      },
    },
    healthcheck: {
      oneOf: [
        {
          type: 'object',
          additionalProperties: false,
          required: ['disable'],
          properties: { disable: { const: true } },
        },
        {
          type: 'object',
          additionalProperties: false,
          required: ['test', 'interval', 'timeout', 'start_period', 'retries'],
          properties: {
            test: {
              type: 'array',
              minItems: 2,
              items: { type: 'string' },
              prefixItems: [{ enum: ['CMD', 'CMD-SHELL'] }],
            },
            interval: duration,
            timeout: duration,
            start_period: duration,
            retries: { type: 'integer', minimum: 1 },
          },
        },
      ],
    },
    cap_drop: { const: ['ALL'] },
    security_opt: { type: 'array', contains: { const: 'no-new-privileges:true' }, items: text },
    read_only: { const: true },
    restart: { enum: ['unless-stopped', 'no'] },
    stop_grace_period: duration,
    stop_signal: text,
    shm_size: size,
    tmpfs: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', pattern: '^/[^:]+:size=[0-9]+[mg],mode=[0-7]{4}$' },
    },
    logging: {
      type: 'object',
      additionalProperties: false,
      required: ['driver', 'options'],
      properties: {
        driver: { const: 'json-file' },
        options: {
          type: 'object',
          additionalProperties: false,
          required: ['max-size', 'max-file'],
          properties: { 'max-size': size, 'max-file': { type: 'string', pattern: '^[0-9]+$' } },
        },
      },
    },
    deploy: {
      type: 'object',
      additionalProperties: false,
      properties: {
        resources: {
          type: 'object',
          additionalProperties: false,
          properties: {
            reservations: {
              type: 'object',
              additionalProperties: false,
              properties: {
                devices: {
                  type: 'array',
                  items: {
                    type: 'object',
                    additionalProperties: false,
                    required: ['capabilities', 'driver'],
                    properties: {
                      driver: { const: 'nvidia' },
                      device_ids: { type: 'array', items: text },
                      capabilities: { type: 'array', items: text },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
}

export const composeSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'services', 'networks', 'volumes'],
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' },
    services: { type: 'object', additionalProperties: service },
    networks: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: { internal: { type: 'boolean' } },
      },
    },
    volumes: { type: 'object', additionalProperties: { type: 'object', maxProperties: 0 } },
  },
  patternProperties: { '^x-': {} },
}
