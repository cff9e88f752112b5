/** One line of an exit's history, as `watchkeeper why` shows it. */
export interface ExitStep {
  /** Epoch ms. */
  readonly at: number
  readonly attempt: number
  readonly what: string
}

/** The line of an order with an id of the exit that this store did not send: what it executed is not booked. */
export const FOREIGN = 'the venue has an order of this id that was not sent from here'

const FIRST_STEPS = 10
/** Longest history of one exit. */
export const MOST_STEPS = 60

/** A history with room for one more line. The first lines, the last ones and those about foreign orders stay. */
export function withRoom(steps: readonly ExitStep[]): readonly ExitStep[] {
  if (steps.length < MOST_STEPS) return steps
  const spare = steps.findIndex(({ what }, index) => index >= FIRST_STEPS && what !== FOREIGN)
  const dropped = spare === -1 ? FIRST_STEPS : spare
  return steps.filter((_, index) => index !== dropped)
}
