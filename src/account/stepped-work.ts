/** Does one step of a piece of work. Returns whether it was the last one. */
export type Step = () => boolean

interface Waiting {
  done(): void
  failed(error: unknown): void
}

/** Work of many steps, one in each turn of the event loop, so that messages and ticks are handled in between. */
export class SteppedWork {
  private step: Step | undefined
  private waiting: Waiting[] = []
  private failure: { readonly error: unknown } | undefined

  /**
   * Begins work and does its first step at once. Does nothing where earlier work is still under way.
   *
   * @throws what a later step of the earlier work has thrown.
   */
  begin(made: () => Step): void {
    const { failure } = this
    this.failure = undefined
    if (failure !== undefined) throw failure.error
    if (this.step === undefined) this.go(made())
  }

  /** Does at once what is left of the present work. */
  finish(): void {
    const { step } = this
    this.step = undefined
    if (step !== undefined) while (!step());
    this.end()
  }

  /** Calls `done` when the present work is complete, at once where there is none, or `failed` where a step throws. */
  whenDone(done: () => void, failed: Waiting['failed'] = () => undefined): void {
    if (this.step === undefined) done()
    else this.waiting.push({ done, failed })
  }

  private go(step: Step): void {
    this.step = undefined
    if (step()) return this.end()
    this.step = step
    setImmediate(() => {
      // The work may have been finished meanwhile.
      if (this.step !== step) return
      try {
        this.go(step)
      } catch (error) {
        const { waiting } = this
        this.waiting = []
        this.failure = { error }
        for (const { failed } of waiting) failed(error)
      }
    })
  }

  private end(): void {
    const { waiting } = this
    this.waiting = []
    for (const { done } of waiting) done()
  }
}
