import type { ClientOrderId, LivedOrder, OrderState } from '../../src/domain/order.ts'
import type { Position } from '../../src/domain/position.ts'
import type { Capabilities } from '../../src/domain/venue.ts'
import type { Action } from '../../src/exits/action.ts'
import { actionsFor } from '../../src/exits/actions.ts'
import { newExit } from '../../src/exits/attempts.ts'
import type { Circumstances } from '../../src/exits/circumstances.ts'
import type { ExitEvent } from '../../src/exits/events.ts'
import { follow } from '../../src/exits/exit-transitions.ts'
import { isOver, remainingOf, type ExitRecord } from '../../src/exits/record.ts'
import { asksHolding, EXIT_DEFAULTS, type ExitSettings } from '../../src/exits/settings.ts'
import { aDecision, aPosition } from './builders.ts'

/** Settings of a venue that can prove nothing but what is given; it shows everything after 10 ms. */
export const settingsOf = (
  capabilities: Partial<Capabilities> = {},
  but: Partial<ExitSettings> = {},
): ExitSettings => ({
  ...EXIT_DEFAULTS,
  listsOrders: false,
  capabilities: {
    dedupe: 'never',
    lookup: 'none',
    reduceOnly: false,
    holdings: 'net',
    visibilityMs: 10,
    clientOrderIdLength: 64,
    styles: ['market'],
    limits: [],
    ...capabilities,
  },
  ...but,
})

/** One exit of five units, its settings, and the history that it goes through. */
export class ExitCase {
  record: ExitRecord
  readonly settings: ExitSettings

  constructor(settings: ExitSettings, position: Partial<Position> = {}) {
    this.settings = settings
    const five = aPosition({ quantity: 5, ...position })
    const decision = aDecision(five)
    this.record = newExit({ position: five, generation: 1, decision, at: 0 }, settings)
  }

  get id(): ClientOrderId {
    return this.record.order.clientOrderId
  }

  get kind(): ExitRecord['state']['kind'] {
    return this.record.state.kind
  }

  happen(...events: ExitEvent[]): this {
    for (const event of events) this.record = follow(this.record, event, this.settings)
    return this
  }

  /** The intent is durable, and the order was sent at `at`. */
  sent(at = 0): this {
    const heldBefore = asksHolding(this.settings.capabilities) ? 5 : null
    const plan = { quantity: this.record.order.quantity, heldBefore }
    const recorded = { kind: 'recorded', at } as const
    const planned = { kind: 'planned', plan, at } as const
    return this.happen(recorded, planned, recorded, { kind: 'queued', at }, { kind: 'sent', at })
  }

  /** The call was not answered. */
  lost(at: number): this {
    return this.happen({ kind: 'outcome-unknown', id: this.id, at })
  }

  /** The venue's answer about the order to a query at `at`. */
  seen(order: OrderState, at: number, by: 'look-up' | 'cancel' = 'look-up'): this {
    return this.happen({ kind: 'seen', id: this.id, order, by, askedAt: at, at })
  }

  /** What is to be done at `now`. */
  steps(now: number, but: Partial<Circumstances> = {}): readonly Action[] {
    return actionsFor(this.record, {
      now,
      settings: this.settings,
      maySend: true,
      mayCancel: true,
      hasLock: true,
      isWhole: true,
      isSought: true,
      isPastSought: true,
      isVerified: true,
      isShared: false,
      mayOthersExecute: false,
      spare: 0,
      owned: isOver(this.record) ? 0 : remainingOf(this.record),
      areOwnersUnchanged: true,
      quietSince: -Infinity,
      takenUpAt: -Infinity,
      allowance: 5,
      price: 100,
      held: { quantity: 5, at: now, byName: undefined },
      spec: { lot: undefined, minQuantity: undefined, tickSize: undefined },
      position: { multiplier: 1 },
      ...but,
    })
  }

  kindsOfSteps(now: number, but: Partial<Circumstances> = {}): string[] {
    return this.steps(now, but).map(({ kind }) => kind)
  }
}

/** An order as a venue reports it. */
export const anOrderState = (
  kind: LivedOrder['kind'],
  quantity: number,
  price: number | null = 100,
): LivedOrder => ({ kind, executed: { quantity, price } })

/** A holding that was reported by key at these times, each time alike. */
export const heldAt = (quantity: number, ...times: number[]): Circumstances['held'] => {
  const at = times.at(-1)!
  return { quantity, at, byName: { times, at } }
}
