import type { ActorRegistry, Child } from '../actors/actor-registry.ts'
import type { PositionId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Registered } from '../ports/state-repository.ts'
import { needsOwnPrice } from '../risk/guarded.ts'
import type { WatchedStream } from '../risk/price-board.ts'
import { quietLimit } from '../risk/quiet.ts'
import type { AccountState } from './state.ts'
import type { Seen, UnguardedTime } from './unguarded-time.ts'

/** An open position that each sweep evaluates, with what it reads of it. */
export interface SweptPosition {
  readonly registered: Registered
  readonly child: Child | undefined
  readonly seen: Seen
  /** The only price stream that decides whether the position is guarded; undefined: other things decide, too. */
  readonly price: WatchedStream | undefined
}

export interface SweptPositionsDeps {
  readonly state: Pick<AccountState, 'positions'>
  readonly registry: ActorRegistry
  readonly instruments: InstrumentTable
  readonly time: UnguardedTime
}

/** The positions that a sweep evaluates. Only positions that have changed since the last sweep are read again. */
export class SweptPositions {
  readonly all = new Map<PositionId, SweptPosition>()
  /** Positions whose exit was only observed. */
  readonly observed = new Set<PositionId>()
  /** Positions whose end is not durable yet: they are shown as being exited. */
  readonly ending = new Set<PositionId>()
  private readonly deps: SweptPositionsDeps

  constructor(deps: SweptPositionsDeps) {
    this.deps = deps
  }

  /** Takes over the changes of at most `most` positions and their monitors. Returns how many it took over. */
  update(most: number): number {
    const { state, registry } = this.deps
    let count = 0
    for (const { touched } of [state.positions, registry]) {
      for (const id of touched) {
        if (count === most) return count
        state.positions.touched.delete(id)
        registry.touched.delete(id)
        this.put(id)
        count++
      }
    }
    return count
  }

  private put(id: PositionId): void {
    const { positions } = this.deps.state
    const shown = positions.shown(id)
    const registered = positions.get(id)
    const isOpen = shown?.state === 'open'
    const isObserved = isOpen && shown.observed !== undefined
    const isEnding = isOpen && !isObserved && positions.isEnding(id)
    mark(this.observed, id, isObserved)
    mark(this.ending, id, isEnding)
    if (!isOpen || isObserved || isEnding || registered === undefined) {
      this.all.delete(id)
      return
    }
    const child = this.deps.registry.get(id)
    const seen = this.seenOf(registered)
    this.all.set(id, { registered, child, seen, price: priceOf(registered, child) })
  }

  private seenOf({ position: { id, instrument } }: Registered): Seen {
    const { time, instruments } = this.deps
    return time.of(id) ?? time.begin(id, instruments.of(instrument).hours)
  }
}

function priceOf({ entry }: Registered, child: Child | undefined): WatchedStream | undefined {
  if (child === undefined || entry?.kind === 'refused') return undefined
  const { own, other, ruleSet } = child.watched
  const isAlone = other === undefined && needsOwnPrice(ruleSet)
  return isAlone && quietLimit(child.watched, 'alert') === Infinity ? own.stream : undefined
}

function mark(marked: Set<PositionId>, id: PositionId, isMarked: boolean): void {
  if (isMarked) marked.add(id)
  else marked.delete(id)
}
