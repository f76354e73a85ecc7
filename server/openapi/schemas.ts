/** The schema files as components of an OpenAPI document: one name each, definitions beside them, no `$id`. Pure. */
import accountChangeRequest from '../../schemas/account-change-request.schema.json' with { type: 'json' }
import apiKey from '../../schemas/api-key.schema.json' with { type: 'json' }
import apiKeyChangeRequest from '../../schemas/api-key-change-request.schema.json' with { type: 'json' }
import apiKeyRequest from '../../schemas/api-key-request.schema.json' with { type: 'json' }
import asset from '../../schemas/asset.schema.json' with { type: 'json' }
import auditEntry from '../../schemas/audit-entry.schema.json' with { type: 'json' }
import cachedStage from '../../schemas/cached-stage.schema.json' with { type: 'json' }
import caller from '../../schemas/caller.schema.json' with { type: 'json' }
import cloneRequest from '../../schemas/clone-request.schema.json' with { type: 'json' }
import engine from '../../schemas/engine.schema.json' with { type: 'json' }
import engineCatalogue from '../../schemas/engine-catalogue.schema.json' with { type: 'json' }
import engineHealth from '../../schemas/engine-health.schema.json' with { type: 'json' }
import estimate from '../../schemas/estimate.schema.json' with { type: 'json' }
import estimateRequest from '../../schemas/estimate-request.schema.json' with { type: 'json' }
import evicted from '../../schemas/evicted.schema.json' with { type: 'json' }
import generateRequest from '../../schemas/generate-request.schema.json' with { type: 'json' }
import invitation from '../../schemas/invitation.schema.json' with { type: 'json' }
import invitationRequest from '../../schemas/invitation-request.schema.json' with { type: 'json' }
import job from '../../schemas/job.schema.json' with { type: 'json' }
import jobEvent from '../../schemas/job-event.schema.json' with { type: 'json' }
import logIn from '../../schemas/log-in.schema.json' with { type: 'json' }
import logInRequest from '../../schemas/log-in-request.schema.json' with { type: 'json' }
import membership from '../../schemas/membership.schema.json' with { type: 'json' }
import membershipChangeRequest from '../../schemas/membership-change-request.schema.json' with {
  type: 'json',
}
import newApiKey from '../../schemas/new-api-key.schema.json' with { type: 'json' }
import newProject from '../../schemas/new-project.schema.json' with { type: 'json' }
import newWatchLink from '../../schemas/new-watch-link.schema.json' with { type: 'json' }
import passwordRequest from '../../schemas/password-request.schema.json' with { type: 'json' }
import problem from '../../schemas/problem.schema.json' with { type: 'json' }
import project from '../../schemas/project.schema.json' with { type: 'json' }
import projectChanges from '../../schemas/project-changes.schema.json' with { type: 'json' }
import projectSpec from '../../schemas/project-spec.schema.json' with { type: 'json' }
import receivedInvitation from '../../schemas/received-invitation.schema.json' with { type: 'json' }
import renderOptions from '../../schemas/render-options.schema.json' with { type: 'json' }
import renderPlan from '../../schemas/render-plan.schema.json' with { type: 'json' }
import renderPlanRequest from '../../schemas/render-plan-request.schema.json' with { type: 'json' }
import renderRequest from '../../schemas/render-request.schema.json' with { type: 'json' }
import session from '../../schemas/session.schema.json' with { type: 'json' }
import setUpRequest from '../../schemas/set-up-request.schema.json' with { type: 'json' }
import signUpRequest from '../../schemas/sign-up-request.schema.json' with { type: 'json' }
import specRequest from '../../schemas/spec-request.schema.json' with { type: 'json' }
import spokenLine from '../../schemas/spoken-line.schema.json' with { type: 'json' }
import status from '../../schemas/status.schema.json' with { type: 'json' }
import storyboard from '../../schemas/storyboard.schema.json' with { type: 'json' }
import systemAsset from '../../schemas/system-asset.schema.json' with { type: 'json' }
import team from '../../schemas/team.schema.json' with { type: 'json' }
import teamChangeRequest from '../../schemas/team-change-request.schema.json' with { type: 'json' }
import teamRequest from '../../schemas/team-request.schema.json' with { type: 'json' }
import ticket from '../../schemas/ticket.schema.json' with { type: 'json' }
import upgradeRequest from '../../schemas/upgrade-request.schema.json' with { type: 'json' }
import upload from '../../schemas/upload.schema.json' with { type: 'json' }
import uploadParts from '../../schemas/upload-parts.schema.json' with { type: 'json' }
import uploadRequest from '../../schemas/upload-request.schema.json' with { type: 'json' }
import usage from '../../schemas/usage.schema.json' with { type: 'json' }
import usageDays from '../../schemas/usage-days.schema.json' with { type: 'json' }
import user from '../../schemas/user.schema.json' with { type: 'json' }
import validationResult from '../../schemas/validation-result.schema.json' with { type: 'json' }
import watchLink from '../../schemas/watch-link.schema.json' with { type: 'json' }
import watchLinkRequest from '../../schemas/watch-link-request.schema.json' with { type: 'json' }
import webhook from '../../schemas/webhook.schema.json' with { type: 'json' }
import webhookChangeRequest from '../../schemas/webhook-change-request.schema.json' with { type: 'json' }
import webhookDelivery from '../../schemas/webhook-delivery.schema.json' with { type: 'json' }
import webhookEvent from '../../schemas/webhook-event.schema.json' with { type: 'json' }
import webhookRequest from '../../schemas/webhook-request.schema.json' with { type: 'json' }
import webhookSecret from '../../schemas/webhook-secret.schema.json' with { type: 'json' }
import webSocketCommand from '../../schemas/websocket-command.schema.json' with { type: 'json' }
import webSocketMessage from '../../schemas/websocket-message.schema.json' with { type: 'json' }

/** By file name without `.schema.json`. */
const FILES = {
  'cached-stage': cachedStage,
  evicted,
  'account-change-request': accountChangeRequest,
  'api-key': apiKey,
  'api-key-change-request': apiKeyChangeRequest,
  'api-key-request': apiKeyRequest,
  'audit-entry': auditEntry,
  caller,
  'log-in': logIn,
  'log-in-request': logInRequest,
  'new-api-key': newApiKey,
  'password-request': passwordRequest,
  session,
  'set-up-request': setUpRequest,
  'sign-up-request': signUpRequest,
  'upgrade-request': upgradeRequest,
  usage,
  'usage-days': usageDays,
  user,
  asset,
  'clone-request': cloneRequest,
  engine,
  'engine-catalogue': engineCatalogue,
  'engine-health': engineHealth,
  estimate,
  'estimate-request': estimateRequest,
  'generate-request': generateRequest,
  invitation,
  'invitation-request': invitationRequest,
  membership,
  'membership-change-request': membershipChangeRequest,
  'received-invitation': receivedInvitation,
  team,
  'team-change-request': teamChangeRequest,
  'team-request': teamRequest,
  job,
  'job-event': jobEvent,
  'new-project': newProject,
  'new-watch-link': newWatchLink,
  problem,
  project,
  'project-changes': projectChanges,
  'project-spec': projectSpec,
  'render-options': renderOptions,
  'render-plan': renderPlan,
  'render-plan-request': renderPlanRequest,
  'render-request': renderRequest,
  'spec-request': specRequest,
  'spoken-line': spokenLine,
  status,
  storyboard,
  'system-asset': systemAsset,
  ticket,
  upload,
  'upload-parts': uploadParts,
  'upload-request': uploadRequest,
  'validation-result': validationResult,
  'watch-link': watchLink,
  'watch-link-request': watchLinkRequest,
  webhook,
  'webhook-change-request': webhookChangeRequest,
  'webhook-delivery': webhookDelivery,
  'webhook-event': webhookEvent,
  'webhook-request': webhookRequest,
  'webhook-secret': webhookSecret,
  'websocket-command': webSocketCommand,
  'websocket-message': webSocketMessage,
}
export type SchemaName = keyof typeof FILES

type SchemaNode = { [key: string]: unknown }

const PREFIX = '#/components/schemas/'
/** Their values are data: a `$ref` in them is only text. */
const DATA = new Set(['default', 'enum', 'const', 'examples', 'example'])

/** Requests carry these whole; their files leave it at the name, since each is checked by a validator of its own. */
const EMBEDDED: Readonly<Record<string, SchemaName>> = { spec: 'storyboard', options: 'render-options' }

const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

/** Where a schema file is in the document. */
export const componentRef = (name: SchemaName): string => `${PREFIX}${FILES[name].title}`

/** `#/$defs/scene`, `job.schema.json`, `job.schema.json#/$defs/jobError`: as the document has them. */
function rewritten($ref: string): string {
  const [file = '', definition] = $ref.split('#/$defs/')
  if (definition !== undefined) return `${PREFIX}${capitalised(definition)}`
  const name = file.replace('.schema.json', '')
  if (!Object.hasOwn(FILES, name)) throw new Error(`${$ref} is no schema of the API`)
  return componentRef(name as SchemaName)
}

/** `areNames`: the keys of this object are names of fields, not keywords; one of them is called `default`. */
function rewrite(node: unknown, areNames = false): unknown {
  if (Array.isArray(node)) return node.map((item) => rewrite(item))
  if (node === null || typeof node !== 'object') return node
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (areNames) return [key, rewrite(value)]
      if (key === '$ref') return [key, rewritten(String(value))]
      return [key, DATA.has(key) ? value : rewrite(value, key === 'properties')]
    }),
  )
}

function embed(schema: SchemaNode): SchemaNode {
  const properties = Object.entries(schema.properties as Record<string, SchemaNode>).map(([key, value]) => {
    const part = EMBEDDED[key]
    return [key, part ? { description: value.description, $ref: componentRef(part) } : value]
  })
  return { ...schema, properties: Object.fromEntries(properties) }
}

/**
 * `components.schemas` of the document. Definitions of the files stand beside them under their own, capitalised names.
 * @throws when two would have the same name
 */
export function componentSchemas(): Record<string, SchemaNode> {
  const components = new Map<string, SchemaNode>()
  const add = (name: string, schema: unknown): void => {
    if (components.has(name)) throw new Error(`two schemas are called ${name}`)
    components.set(name, schema as SchemaNode)
  }
  for (const [name, file] of Object.entries(FILES)) {
    const { $id: _id, $schema: _dialect, $defs = {}, ...schema } = file as SchemaNode
    const { title } = file
    const own = rewrite(schema) as SchemaNode
    add(title, name.endsWith('-request') ? embed(own) : own)
    for (const [key, definition] of Object.entries($defs as object))
      add(capitalised(key), rewrite(definition))
  }
  return Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A render option as a query value: without `null`, which a query cannot say. */
export function queryOption(name: keyof typeof renderOptions.properties): SchemaNode {
  const { enum: values, type, ...rest } = renderOptions.properties[name] as SchemaNode
  const { examples: _, title: __, ...kept } = rest
  return {
    ...kept,
    ...(values ? { enum: (values as unknown[]).filter((value) => value !== null) } : {}),
    ...(type ? { type: (type as string[]).find((kind) => kind !== 'null') } : {}),
  }
}
