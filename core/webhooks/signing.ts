/** Signatures of a delivery: ours, and the one of Standard Webhooks, over the same bytes with the same key. Pure. */
import { createHmac } from 'node:crypto'

export const USER_AGENT = 'Framecast-Webhooks/1'

/**
 * Headers of one attempt.
 * @param secret the webhook's secret as its owner has it; its characters are the key of both signatures
 * @param timestampS unix seconds of this attempt
 * @param body the very bytes that are sent
 */
export function signedHeaders(
  secret: string,
  deliveryId: string,
  timestampS: number,
  body: Uint8Array,
): Record<string, string> {
  const timestamp = String(timestampS)
  const mac = (prefix: string) => createHmac('sha256', secret).update(prefix).update(body)
  return {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    'x-webhook-delivery-id': deliveryId,
    'x-webhook-timestamp': timestamp,
    'x-webhook-signature': `sha256=${mac(`${timestamp}.`).digest('hex')}`,
    'webhook-id': deliveryId,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac(`${deliveryId}.${timestamp}.`).digest('base64')}`,
  }
}
