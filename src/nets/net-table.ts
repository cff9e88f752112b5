import type { HoldingKey } from '../domain/holding.ts'
import { generationName, type GenerationKey } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { holdingName } from '../exits/holding-state.ts'
import { proofMs } from '../exits/settings.ts'
import type { NetBookOptions } from './options.ts'
import { hasFired, recoveredNet, type NetRecord } from './record.ts'
import { TrackedNet } from './tracked-net.ts'

/** The nets of an account, one for each generation of a position. Mutable. */
export class NetTable {
  readonly options: NetBookOptions
  private readonly nets = new Map<string, TrackedNet>()
  private readonly byId = new Map<string, TrackedNet>()

  constructor(options: NetBookOptions) {
    this.options = options
  }

  all(): Iterable<TrackedNet> {
    return this.nets.values()
  }

  of(key: GenerationKey): TrackedNet | undefined {
    return this.nets.get(generationName(key))
  }

  /** The net that an order belongs to. */
  owner(clientOrderId: string): TrackedNet | undefined {
    return this.byId.get(clientOrderId)
  }

  /** Adds a net that an earlier process has stored, or that the store has lost. */
  restore(stored: NetRecord, position: Position, now: number): TrackedNet {
    const record = recoveredNet(stored, now)
    const net = this.enter(record, position)
    net.saved = record
    net.changedAt = now
    return net
  }

  enter(record: NetRecord, position: Position): TrackedNet {
    const before = this.of(record)
    if (before !== undefined) this.byId.delete(before.id)
    const net = new TrackedNet(record, position, this.options.account.keyOf(position))
    this.nets.set(generationName(record), net)
    this.byId.set(net.id, net)
    return net
  }

  /** Replaces the order of a net, which is over, by the next one. */
  replace(net: TrackedNet, record: NetRecord, now: number): void {
    this.byId.delete(net.id)
    net.next(record, now)
    this.byId.set(net.id, net)
  }

  delete(net: TrackedNet): void {
    this.nets.delete(generationName(net.record))
    this.byId.delete(net.id)
  }

  /** Whether the generation of a net's position is open. */
  isOpen({ positionId, generation }: GenerationKey): boolean {
    return this.options.account.generationOf(positionId) === generation
  }

  /** Whether a net has executed something of an open position that has no exit yet. */
  isFired({ record }: TrackedNet): boolean {
    const { account } = this.options
    return (
      hasFired(record) && this.isOpen(record) && account.exitOf(record.positionId) === undefined
    )
  }

  /** Whether a net was not queried late enough to show what it has taken of a holding since `since` (epoch ms). */
  mayExplain(key: HoldingKey, since: number): boolean {
    const from = since + proofMs(this.options.settings.capabilities)
    return this.hasIn(key, net => net.isLive && net.seenAt < from)
  }

  /** Whether a net has taken units of a holding that no exit has booked yet. */
  isOwed(key: HoldingKey): boolean {
    return this.hasIn(key, net => net.isOwed)
  }

  private hasIn(key: HoldingKey, is: (net: TrackedNet) => boolean): boolean {
    const name = holdingName(key)
    for (const net of this.nets.values()) if (is(net) && holdingName(net.key) === name) return true
    return false
  }
}
