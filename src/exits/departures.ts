import type { PositionId } from '../domain/ids.ts'
import type { ExitOrder } from '../domain/order.ts'
import type { ExitsOptions } from './circumstances.ts'
import type { ExitEvent } from './events.ts'
import { isOutdated, settingsToSend } from './settings.ts'
import type { TrackedExit, Turn } from './tracked-exit.ts'
import { sentUnverified } from './waits.ts'

interface DepartureDeps {
  readonly options: Pick<ExitsOptions, 'settings' | 'notify'>
  entryOf(id: PositionId): TrackedExit | undefined
  happened(id: PositionId, event: ExitEvent): boolean
}

/** Orders that wait at the call desk to leave. */
export class Departures {
  private readonly deps: DepartureDeps

  constructor(deps: DepartureDeps) {
    this.deps = deps
  }

  /** Whether a queued order is still to be sent; one that is not is given back. */
  isWanted(order: ExitOrder): boolean {
    return this.deps.entryOf(order.positionId)?.isWanted(order) === true
  }

  /** Whether an order may leave in its turn; one that may not is given back, and asks again. */
  isReady(order: ExitOrder, turn: Turn): boolean {
    const entry = this.deps.entryOf(order.positionId)
    if (entry === undefined) return false
    const { settings } = this.deps.options
    if (isOutdated(entry.record, settings, turn.now)) return false
    return entry.isReady(order, settingsToSend(entry.record, settings, turn.now), turn)
  }

  /**
   * An order leaves at `now` (epoch ms): from here on it counts as under way. Gives the order as it leaves, with
   * the deadline that the venue keeps.
   */
  left(order: ExitOrder, now: number): ExitOrder {
    const { options, entryOf, happened } = this.deps
    const { settings, notify } = options
    const isKept = settings.capabilities.deadline === 'kept'
    const due = isKept ? { actBy: now + settings.actWithinMs } : {}
    const entry = entryOf(order.positionId)
    const unverified = entry && sentUnverified(entry, now, settings)
    if (unverified !== undefined) notify(unverified)
    happened(order.positionId, { kind: 'sent', at: now, ...due })
    return { ...order, ...due }
  }
}
