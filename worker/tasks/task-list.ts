/** Which queue tasks this worker takes, by its roles and engines. A task that is not listed is left to others. */
import type { Task, TaskList } from 'graphile-worker'
import { openMailer } from '../../core/platform/mail.ts'
import type { WorkerContext } from '../context.ts'
import type { Engine } from '../engines/engine.ts'
import { assembleStep } from '../steps/assemble.ts'
import { joinStep } from '../steps/join.ts'
import { planStep } from '../steps/plan.ts'
import { sceneStep } from '../steps/scene.ts'
import { soundStep } from '../steps/sound.ts'
import { voiceStep } from '../steps/voice.ts'
import { deliverWebhook } from './deliver-webhook.ts'
import { lookTask, placeTask } from './pool-tasks.ts'
import { purgeAccountTask } from './purge-account.ts'
import { purgeTeamTask } from './purge-team.ts'
import { removeCached } from './remove-cached.ts'
import { removeObjects } from './remove-objects.ts'
import { runStep, type StepWork } from './run-step.ts'
import { sendInvitation } from './send-invitation.ts'

const stepTask =
  (context: WorkerContext, work: StepWork): Task =>
  async (payload) => {
    await runStep(context, (payload as { step_id: string }).step_id, work)
  }

const INTERRUPT_LIMIT_MS = 30_000

/** Stops remote work of a step that was given up: by id, harmless when it is gone. */
const interruptTask =
  (engine: Engine): Task =>
  async (payload) => {
    const { remote_id } = payload as { remote_id: string }
    await engine.cancel(remote_id, AbortSignal.timeout(INTERRUPT_LIMIT_MS))
  }

/** Tasks that drive engines; as many run at once as there are places on engines. */
export function sceneTasks(context: WorkerContext): TaskList {
  if (!context.config.WORKER_ROLES.includes('scene')) return {}
  return Object.fromEntries(
    [...context.engines].map(([kind, { pool }]) => [
      `scene.${kind}`,
      pool ? placeTask(context, kind, pool) : stepTask(context, sceneStep),
    ]),
  )
}

function housekeepingTasks({ config, db, store, log }: WorkerContext): TaskList {
  return {
    'objects.remove': removeObjects(store),
    'cache.remove': removeCached(db.pool, store),
    'account.purge': purgeAccountTask(db.pool, store),
    'team.purge': purgeTeamTask(db.pool, store),
    'mail.invitation': sendInvitation({
      pool: db.pool,
      mailer: openMailer(config),
      baseUrl: config.APP_BASE_URL,
      log,
    }),
  }
}

/** Everything else: short work, and the composing. */
export function otherTasks(context: WorkerContext): TaskList {
  const roles = context.config.WORKER_ROLES
  return {
    ...(roles.includes('plan') ? { plan: stepTask(context, planStep) } : {}),
    ...(roles.includes('assemble')
      ? {
          join: stepTask(context, joinStep),
          sound: stepTask(context, soundStep),
          assemble: stepTask(context, assembleStep),
        }
      : {}),
    ...(roles.includes('scene')
      ? Object.fromEntries(
          [...context.engines].flatMap(([kind, engine]) => [
            [`interrupt.${kind}`, interruptTask(engine)],
            ...(engine.pool ? [[`look.${kind}`, lookTask(context, kind, engine.pool)] as const] : []),
          ]),
        )
      : {}),
    ...(roles.includes('housekeeping') ? housekeepingTasks(context) : {}),
  }
}

/** Lines to be spoken; as many run at once as the operator allows. */
export function voiceTasks(context: WorkerContext): TaskList {
  return context.config.WORKER_ROLES.includes('voice') ? { voice: stepTask(context, voiceStep) } : {}
}

/** Deliveries to webhooks. They only wait for others, so many may be under way. */
export function webhookTasks(context: WorkerContext): TaskList {
  return context.config.WORKER_ROLES.includes('webhook') ? { 'webhook.deliver': deliverWebhook(context) } : {}
}
