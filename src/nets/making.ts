import type { PositionId } from '../domain/ids.ts'
import { isEnough } from '../domain/units.ts'
import type { Allowed } from '../exits/circumstances.ts'
import { aimOf, changeOf, orderOf, type Aim, type NetView } from './aim.ts'
import type { NetTable } from './net-table.ts'
import type { NetHeld } from './notices.ts'
import { hasFired, newNet, openOf } from './record.ts'
import { noNetAt } from './support.ts'
import type { TrackedNet } from './tracked-net.ts'
import type { NetEvent } from './transitions.ts'

/** Shortest time between two evaluations of a position whose net cannot be made yet, ms. */
const WITHOUT_STOP_MS = 5_000

/** Makes the orders of nets, and moves their triggers along with the own stops. Mutable. */
export class NetMaking {
  private readonly table: NetTable
  private readonly happened: (event: NetEvent) => void
  /** The cause that was reported last for each position without a net. */
  private readonly held = new Map<PositionId, NetHeld>()
  /** When the rules of a position without a net were evaluated last, epoch ms. */
  private readonly evaluatedAt = new Map<PositionId, number>()

  constructor(table: NetTable, happened: (event: NetEvent) => void) {
    this.table = table
    this.happened = happened
  }

  /** Positions that ask for a net and have none, and why. */
  get without(): ReadonlyMap<PositionId, NetHeld> {
    return this.held
  }

  forget(id: PositionId): void {
    this.held.delete(id)
    this.evaluatedAt.delete(id)
  }

  /** Makes the first or next order of an open position, or changes its trigger, where that is due. */
  aim(view: NetView, allowed: Allowed): void {
    const { options } = this.table
    const { settings, account } = options
    const { capabilities, listsOrders } = settings
    const { id: positionId, instrument } = view.position
    const { generation } = view
    const venue = capabilities.restingStop
    if (venue === undefined || noNetAt({ ...capabilities, listsOrders }, view.net) !== undefined) {
      this.hold(positionId, 'unsupported')
      return
    }
    const isOpen = this.table.isOpen({ positionId, generation })
    if (!isOpen || account.exitOf(positionId) !== undefined) return
    const net = this.table.of({ positionId, generation })
    const units = account.unitsOf(positionId)
    if (!this.isDue(view, net, { units, now: allowed.now })) return
    const spec = options.specOf(instrument)
    const price = options.priceOf(view.position)
    const around = { capabilities, venue, spec, units, price }
    const aim = aimOf(view, around, net?.record.order.trigger)
    if (net === undefined || net.isOver) this.make(view, net, { aim, allowed })
    else this.change(view, net, { aim, units, canAmend: venue.amend, now: allowed.now })
  }

  /** Whether to evaluate the rules for a net now: its order may be made or changed. */
  private isDue(
    { position: { id }, net: { everyMs } }: NetView,
    net: TrackedNet | undefined,
    { units, now }: { units: number; now: number },
  ): boolean {
    if (net === undefined || net.isOver) {
      if (now < (this.evaluatedAt.get(id) ?? -Infinity) + Math.min(everyMs, WITHOUT_STOP_MS))
        return false
      return net === undefined || (!hasFired(net.record) && now >= net.retryAt)
    }
    if (net.record.state.kind !== 'resting' || net.unwanted !== undefined) return false
    return now >= net.changedAt + everyMs || !isEnough(units, openOf(net.record))
  }

  /** Moves the trigger of a resting order, or marks the order to be replaced. */
  private change(
    view: NetView,
    net: TrackedNet,
    { now, ...about }: { aim: Aim; units: number; canAmend: boolean; now: number },
  ): void {
    const isDue = now >= net.changedAt + view.net.everyMs
    const change = changeOf(view, net.record, { ...about, isDue })
    switch (change.kind) {
      case 'stay':
        return
      case 'replace':
        net.unwant('replaced', now)
        return
      case 'move':
        net.changedAt = now
        net.amendAt = now
        net.vainAmends = 0
        this.happened({ kind: 'moved', id: net.id, trigger: change.trigger, at: now })
    }
  }

  /** Makes the next order of a position, unless a cause forbids one. */
  private make(
    { position, generation }: NetView,
    net: TrackedNet | undefined,
    { aim, allowed: { now, maySend } }: { aim: Aim; allowed: Allowed },
  ): void {
    if (!maySend) return
    const { id: positionId, account = '' } = position
    if (aim.kind === 'none') {
      this.evaluatedAt.set(positionId, now)
      if (aim.why === 'no-stop') this.held.set(positionId, aim.why)
      if (aim.why === 'too-far') this.hold(positionId, aim.why)
      return
    }
    const { capabilities, storeId } = this.table.options.settings
    const n = (net?.record.n ?? 0) + 1
    const identity = { storeId, account, positionId, generation, n }
    const record = newNet(identity, orderOf(position, identity, { aim, capabilities }), now)
    this.forget(positionId)
    if (net !== undefined) this.table.replace(net, record, now)
    else this.table.enter(record, position).changedAt = now
  }

  private hold(positionId: PositionId, why: NetHeld): void {
    if (this.held.get(positionId) === why) return
    this.held.set(positionId, why)
    this.table.options.notify({ kind: 'net-held', positionId, why })
  }
}
