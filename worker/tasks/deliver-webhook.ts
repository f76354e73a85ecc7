/** One attempt at a delivery. What became of it is in its row; the queue only rings. */
import type { Task } from 'graphile-worker'
import { createMediaLinks } from '../../core/platform/media-links.ts'
import { createOutbound } from '../../core/platform/outbound.ts'
import { createSealer } from '../../core/platform/sealing.ts'
import { attemptDelivery } from '../../core/webhooks/attempt.ts'
import type { WorkerContext } from '../context.ts'

export function deliverWebhook({ config, db, store, log }: WorkerContext): Task {
  const deps = {
    db,
    media: createMediaLinks(config, store),
    outbound: createOutbound(config),
    sealer: createSealer(config.DATA_KEY, 'webhooks'),
  }
  return async (payload) => {
    await attemptDelivery(deps, (payload as { delivery_id: string }).delivery_id, log)
  }
}
