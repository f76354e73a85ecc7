/** A small TCP proxy that can do to a link what networks do. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Scope } from '../../support/postgres.ts'

/**
 * `open`: bytes pass. `slow`: each lot of bytes waits. `hold`: nothing passes and nothing is refused, as in a black
 * hole; what waits goes on when it ends. `refuse`: new connections are reset.
 */
export type Way = 'open' | 'slow' | 'hold' | 'refuse'

export type FaultyLink = {
  readonly port: number
  way: Way
  /** Resets every connection there is. */
  cut(): void
  /** Loses the far end of every connection without telling the near one: it may write, and never hears again. */
  halfOpen(): void
  /** Connections there are now. */
  readonly open: number
}

const SLOW_MS = 150

export async function startProxy(t: Scope, target: { host: string; port: number }): Promise<FaultyLink> {
  const pairs = new Set<{ near: Socket; far: Socket | null }>()
  const waiting = new Set<() => void>()
  let way: Way = 'open'
  let closed = false

  /** Resolves when bytes may pass. */
  async function pass(): Promise<void> {
    while (way === 'hold' && !closed) await new Promise<void>((resolve) => waiting.add(resolve))
    if (way === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_MS))
  }

  function relay(from: Socket, to: Socket): void {
    from.on('data', (bytes) => {
      from.pause()
      void pass().then(() => {
        if (to.writable && !to.write(bytes)) to.once('drain', () => from.resume())
        else from.resume()
      })
    })
    // What was sent before the end has to arrive before it.
    from.once('end', () => void pass().then(() => to.end()))
  }

  const server = createServer({ allowHalfOpen: true }, (near) => {
    near.on('error', () => {})
    if (way === 'refuse') return void near.resetAndDestroy()
    const pair: { near: Socket; far: Socket | null } = { near, far: null }
    pairs.add(pair)
    near.once('close', () => {
      pairs.delete(pair)
      pair.far?.destroy()
    })
    near.pause()
    void pass().then(() => {
      if (near.destroyed) return
      const far = connect({ ...target, allowHalfOpen: true })
      pair.far = far
      far.on('error', () => near.resetAndDestroy())
      let isEnded = false
      far.once('end', () => {
        isEnded = true
      })
      far.once('close', () => {
        if (pair.far === far && !isEnded) near.resetAndDestroy()
      })
      relay(near, far)
      relay(far, near)
      near.resume()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    closed = true
    for (const wake of waiting) wake()
    for (const { near } of pairs) near.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    get way() {
      return way
    },
    set way(next) {
      way = next
      for (const wake of waiting) wake()
      waiting.clear()
    },
    cut() {
      for (const { near } of pairs) near.resetAndDestroy()
    },
    halfOpen() {
      for (const pair of pairs) {
        const { far } = pair
        pair.far = null
        pair.near.removeAllListeners('data')
        pair.near.on('data', () => {}).resume()
        far?.destroy()
      }
    },
    get open() {
      return pairs.size
    },
  }
}
