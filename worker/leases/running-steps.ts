/** The steps this process is really working on, each with the means to stop it. */

/** Why work on a step was stopped from outside. None of these is a failure of the step. */
export class StepStopped extends Error {
  readonly why: 'canceled' | 'fenced' | 'shutdown'
  constructor(why: StepStopped['why']) {
    super(`the step was stopped: ${why}`)
    this.name = 'StepStopped'
    this.why = why
  }
}

export type RunningStep = { readonly id: string; readonly attempt: number; readonly jobId: string }

export class RunningSteps {
  readonly #steps = new Map<string, { step: RunningStep; controller: AbortController }>()
  readonly #onChange: (steps: RunningStep[]) => void

  /** @param onChange told of every change; the heartbeat renews just these leases */
  constructor(onChange: (steps: RunningStep[]) => void = () => {}) {
    this.#onChange = onChange
  }

  /** @returns the signal that stops the work */
  add(step: RunningStep): AbortSignal {
    const controller = new AbortController()
    this.#steps.set(step.id, { step, controller })
    this.#onChange(this.list())
    return controller.signal
  }

  remove(step: RunningStep): void {
    if (this.#steps.get(step.id)?.step.attempt !== step.attempt) return
    this.#steps.delete(step.id)
    this.#onChange(this.list())
  }

  list(): RunningStep[] {
    return [...this.#steps.values()].map(({ step }) => step)
  }

  /** Stops every step that `chosen` picks. */
  stop(why: StepStopped['why'], chosen: (step: RunningStep) => boolean = () => true): void {
    for (const { step, controller } of this.#steps.values()) {
      if (chosen(step)) controller.abort(new StepStopped(why))
    }
  }
}
