/** How long the steps of killed workers waited for their next attempt. */
import type { Installation } from './installation.ts'
import type { Facts } from './promises.ts'

export type Takeover = { pid: number; step: string; waitedMs: number; disturbed: boolean }

/** Two of these at once, and one promise cannot be told from the other's effect. */
const DISTURBING = new Set(['kill', 'terminate', 'freeze', 'point', 'database', 'disk'])

/** Whether something else that bears on workers or on the database went wrong in the same run. */
export function isDisturbed({ plan }: Pick<Facts, 'plan'>): boolean {
  const disturbing = plan.faults.filter(
    (fault) => DISTURBING.has(fault.kind) || (fault.kind === 'link' && fault.link.endsWith('database')),
  )
  return disturbing.length > 1
}

export async function takeovers(
  installation: Pick<Installation, 'pool' | 'processes'>,
  facts: Facts,
): Promise<Takeover[]> {
  const { pool, processes } = installation
  const killed = Object.values(processes)
    .filter(({ name }) => name !== 'server')
    .flatMap(({ lives }) => lives)
    .filter(({ signal, endedAt }) => signal === 'SIGKILL' && endedAt !== null && endedAt >= facts.startedAt)
  const found: Takeover[] = []
  for (const { pid, endedAt } of killed) {
    // The last word about each step before the end, and the first claim after it.
    const { rows } = await pool.query<{ step: string; waited_ms: number }>(
      `with held as (
         select distinct on (id) id, became from chaos.history
         where what = 'job_steps' and at <= to_timestamp($2) order by id, n desc
       )
       select h.became ->> 'kind' || ' ' || (h.became ->> 'key') as step,
         extract(epoch from (min(c.at) - to_timestamp($2)))::float * 1000 as waited_ms
       from held h join chaos.history c on c.id = h.id and (c.became ->> 'attempt')::int > (h.became ->> 'attempt')::int
       where h.became ->> 'state' = 'running' and h.became ->> 'owner' like '%:' || $1 || ':%'
       group by h.id, h.became`,
      [pid, endedAt! / 1_000],
    )
    for (const { step, waited_ms } of rows)
      found.push({ pid, step: step.trim(), waitedMs: Math.round(waited_ms), disturbed: isDisturbed(facts) })
  }
  return found
}
