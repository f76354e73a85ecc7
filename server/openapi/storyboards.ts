/** Operations that carry a storyboard, and what they have in common. */
import * as example from './examples.ts'
import { type Body, json, type Operation, type Parameter, query, type Refusal } from './operation.ts'
import { queryOption, type SchemaName } from './schemas.ts'

/** `application/x-yaml`, `text/yaml` and `text/x-yaml` are read as well; one name is enough here. */
const YAML = 'application/yaml'

export const OWNER = 'Owner URN of what is made. Default: the owner of the key, else the caller.'

const withYaml = (text: string): string => `With a YAML body: ${text}`

/** What a YAML body has no place for. */
export const YAML_OWNER: Parameter = query('owner', withYaml(OWNER), { type: 'string', maxLength: 500 })
export const YAML_OPTIONS: readonly Parameter[] = [
  ...(
    [
      'engine',
      'resolution',
      'aspect',
      'fps',
      'seed',
      'workflow',
      'draft',
      'captions',
      'timecode',
      'cache',
      'loudness',
    ] as const
  ).map((name) => {
    const { description, ...schema } = queryOption(name)
    return query(name, withYaml(String(description)), schema)
  }),
  query('slate', withYaml('burns a slate into the first second of each shot.'), {
    type: 'boolean',
    default: false,
    examples: [true],
  }),
  query('slate_take', withYaml('number of the take on the slate, which this asks for as well.'), {
    type: 'integer',
    minimum: 1,
    maximum: 999,
    examples: [2],
  }),
  query('scenes', withYaml('ids of the scenes to render, with commas between them.'), {
    type: 'string',
    maxLength: 10_000,
  }),
]

/** A storyboard as JSON under `spec`, or as YAML that is the storyboard itself. */
export const storyboardBody = (schema: SchemaName, value: object): Body => ({
  description:
    'JSON with the storyboard under `spec`, or YAML that is the storyboard itself, with all else in the query.',
  required: true,
  content: [
    { type: 'application/json', schema, example: value },
    { type: YAML, schema: 'storyboard', example: example.storyboardYaml },
  ],
})

export const SPEC_REFUSAL: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'The storyboard or an option is wrong. `details` holds every error of the storyboard; with YAML each has line and column.',
  text: 'the storyboard has 1 error; the first, at scenes[1].duration: scenes[1].duration must be 1 to 30 seconds; found -3.',
}

export const OWNER_REFUSAL: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'The owner is out of the caller’s reach.',
  text: 'this owner is out of your reach',
}

const { resolution, engine } = { resolution: '480p', engine: 'preview' }

export const storyboardOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/spec/validate',
    operationId: 'validateStoryboard',
    summary: 'Check a storyboard',
    description:
      'Answers 200 whether the storyboard is valid or not. Checks every rule at once, assets included; spends nothing. A YAML text that cannot be read at all is 400, with the same list of errors in `error.details`.',
    tag: 'Storyboards',
    access: { kind: 'key', scopes: ['generate', 'projects:read'] },
    body: storyboardBody('spec-request', { spec: example.storyboard }),
    replies: [
      {
        status: 200,
        description: 'What is wrong with it, if anything.',
        content: {
          type: 'application/json',
          schema: 'validation-result',
          examples: {
            valid: { summary: 'Nothing is wrong', value: example.validStoryboard },
            faulty: { summary: 'Two errors in a YAML text', value: example.faultyStoryboard },
          },
        },
      },
    ],
  },
  {
    method: 'post',
    path: '/v1/spec/estimate',
    operationId: 'estimateStoryboard',
    summary: 'Reckon what a render would take',
    description:
      'The same computation as the charge. Scenes whose clip the owner has already cost nothing. Spends and reserves nothing.',
    tag: 'Storyboards',
    access: { kind: 'key', scopes: ['generate', 'projects:read'] },
    parameters: [YAML_OWNER, ...YAML_OPTIONS],
    body: storyboardBody('estimate-request', { spec: example.storyboard, options: { resolution, engine } }),
    replies: [json(200, 'Credits and times.', 'estimate', example.estimate)],
    refusals: [SPEC_REFUSAL, OWNER_REFUSAL],
  },
  {
    method: 'post',
    path: '/v1/spec/plan',
    operationId: 'planStoryboard',
    summary: 'See what a render would do',
    description:
      'Scene by scene: reused or rendered, why, and what it would take. The same computation as the charge. Compared with the last renders of a storyboard of this title by the same owner. Nothing is queued, spent or reserved.',
    tag: 'Storyboards',
    access: { kind: 'key', scopes: ['generate', 'projects:read'] },
    parameters: [YAML_OWNER, ...YAML_OPTIONS],
    body: storyboardBody('estimate-request', { spec: example.storyboard, options: { resolution, engine } }),
    replies: [json(200, 'What would be done with each scene.', 'render-plan', example.renderPlan)],
    refusals: [SPEC_REFUSAL, OWNER_REFUSAL],
  },
]
