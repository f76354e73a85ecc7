/**
 * Loaded into every child before its own program (`node --import`): when the parent goes, however it goes, the channel
 * to it closes and the child stops as if it had been asked to. No child outlives its instance.
 */
import { isMainThread } from 'node:worker_threads'

/** Longer than any orderly stop takes. */
const LAST_RESORT_MS = 10_000

if (isMainThread && process.channel) {
  process.once('disconnect', () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_RESORT_MS).unref()
    process.kill(process.pid, 'SIGTERM')
  })
  // The listener above must not be what keeps a finished program alive.
  process.channel.unref()
}
