/** Looks at the servers of the engines: every quarter of a minute how they do, every minute what they have. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { registerHosts, storeProbe } from '../../core/engines/hosts.ts'
import { ringFor } from '../../core/engines/places.ts'
import type { Queryable } from '../../core/platform/database.ts'
import type { Logger } from '../../core/platform/log.ts'
import { canonicalJson } from '../../core/workflows/canonical.ts'
import { storeHostFacts } from '../../core/workflows/host-facts.ts'
import { summarise } from './catalogue.ts'
import type { Engine, EnginePool } from './engine.ts'

const PROBE_MS = 15_000
/** Of several workers not all should ask at the same moment. */
const JITTER = 0.2
const ROUNDS_PER_FACTS = 4

type Look = { pg: Queryable; engine: string; pool: EnginePool; log: Logger }

/** Makes the servers of an engine known. */
export const register = (pg: Queryable, engine: string, { hosts }: EnginePool): Promise<void> =>
  registerHosts(
    pg,
    engine,
    hosts.map(({ key, label, slug, places }) => ({ key, label, slug, places })),
  )

/** One look at one server; `catalogue`: and at everything that is installed there. */
export async function lookAt(
  { pg, engine, pool, log }: Look,
  key: string,
  catalogue: boolean,
  signal: AbortSignal,
): Promise<void> {
  const probe = await pool.probe(key, signal)
  await storeProbe(pg, engine, key, probe)
  if (!probe.ok) log.warn({ engine, host: key, reason: probe.error }, 'engine host failed its look')
  if (catalogue && probe.ok) {
    const found = await pool.catalogue(key, signal)
    if (found) await storeCatalogue(pg, engine, key, found)
  }
}

/** What of a catalogue is of use to people: each class with its package and the files it offers. */
async function storeCatalogue(
  pg: Queryable,
  engine: string,
  key: string,
  found: Record<string, unknown>,
): Promise<void> {
  const catalogue = summarise(found)
  const hash = createHash('sha256').update(canonicalJson(catalogue)).digest('hex')
  await pg.query(
    `update engine_hosts set catalogue = $3::jsonb, catalogue_hash = $4, catalogue_at = now() where engine = $1 and key = $2`,
    [engine, key, JSON.stringify(catalogue), hash],
  )
}

/** @returns stops it, and resolves when it has stopped; `ready` when each server was looked at once */
export function watchHosts(
  engines: ReadonlyMap<string, Engine>,
  pg: Queryable,
  log: Logger,
): { ready: Promise<void>; stop(): Promise<void> } {
  const stop = new AbortController()
  const { signal } = stop
  /** Only advice is lost by a failure: the next round tries again. */
  const attempt = async (engine: string, what: () => Promise<void>): Promise<void> => {
    try {
      await what()
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error, engine }, 'could not record what engine hosts have')
    }
  }
  const probeAll = ({ kind: engine, pool }: Engine): Promise<void> =>
    attempt(engine, async () => {
      if (!pool) return
      await register(pg, engine, pool)
      await Promise.all(pool.hosts.map(({ key }) => lookAt({ pg, engine, pool, log }, key, false, signal)))
      // A server may be there again, or its rest over.
      await ringFor(pg, engine)
    })
  const storeFacts = ({ kind: engine, facts }: Engine): Promise<void> =>
    attempt(engine, async () => {
      const found = await facts?.(signal)
      if (found) await storeHostFacts(pg, engine, found)
    })
  const storeCatalogues = ({ kind: engine, pool }: Engine): Promise<void> =>
    attempt(engine, async () => {
      for (const { key } of pool?.hosts ?? []) {
        const { rows } = await pg.query(
          'select 1 from engine_hosts where engine = $1 and key = $2 and catalogue_at is null and probe_failures = 0',
          [engine, key],
        )
        const found = rows.length > 0 ? await pool?.catalogue(key, signal) : null
        if (found) await storeCatalogue(pg, engine, key, found)
      }
    })
  const all = [...engines.values()]
  const ready = Promise.all(all.map(probeAll)).then(() => {})
  const loop = async (): Promise<void> => {
    await ready
    for (let round = 0; !signal.aborted; round += 1) {
      if (round > 0) await Promise.all(all.map(probeAll))
      if (round % ROUNDS_PER_FACTS === 0) {
        await Promise.all(all.map(storeFacts))
        await Promise.all(all.map(storeCatalogues))
      }
      const pauseMs = PROBE_MS * (1 + JITTER * (2 * Math.random() - 1))
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {})
    }
  }
  const done = loop()
  return {
    ready,
    async stop() {
      stop.abort()
      await done
    },
  }
}
