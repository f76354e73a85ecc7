/**
 * Named fault points. They cost a look at an empty map unless FAULT_PLAN is set, which tests do to prove that a process
 * may die, or hang, at any of these places.
 */

type Action = 'kill' | 'stop'
type Planned = { action: Action; hit: number }

/** Reads a plan such as `worker.scene.after_put:kill` or `worker.scene.claimed:kill@2` (the second time it is passed). */
export function parseFaultPlan(text: string): Map<string, Planned> {
  const plan = new Map<string, Planned>()
  for (const entry of text.split(',').filter(Boolean)) {
    const match = /^([a-z_.]+):(kill|stop)(?:@(\d+))?$/.exec(entry.trim())
    if (!match)
      throw new Error(`FAULT_PLAN: cannot read ${JSON.stringify(entry)}; write name:kill or name:stop@2`)
    plan.set(match[1]!, { action: match[2] as Action, hit: Number(match[3] ?? 1) })
  }
  return plan
}

let plan: Map<string, Planned> | null = null

/** Sets the plan for this process; called by the main files. */
export function armFaults(text: string): void {
  plan = text ? parseFaultPlan(text) : null
}

/** A place where this process may be made to die (`kill`) or to freeze (`stop`). */
export function fault(name: string): void {
  const planned = plan?.get(name)
  if (!planned) return
  planned.hit -= 1
  if (planned.hit === 0) process.kill(process.pid, planned.action === 'kill' ? 'SIGKILL' : 'SIGSTOP')
}
