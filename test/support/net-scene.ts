import type { Account } from '../../src/account/account.ts'
import { instrumentId, positionId, type PositionId } from '../../src/domain/ids.ts'
import { aPosition } from './builders.ts'
import { FakeTimers } from './fake-timers.ts'
import { MemoryRepository } from './memory-repository.ts'
import { NetVenue } from './net-venue.ts'
import { openAccount } from './open-account.ts'

const ACME = instrumentId('ACME')
const STEP_MS = 50

/** A trailing stop with a net behind it: at a price of 100 the stop lies at 90, and the net at 81. */
export const NETTED = {
  trailingStop: { distancePct: 10 },
  net: { beyondPct: 10, minMovePct: 1, everyMs: 1_000 },
}

/** An account at a venue that takes resting stops, by a clock that only the test moves. */
export class NetScene {
  readonly venue: NetVenue
  readonly keeper = new MemoryRepository()
  account!: Account
  private readonly timers = new FakeTimers()

  constructor(venue = new NetVenue()) {
    this.venue = venue
  }

  async open(): Promise<void> {
    const { timers, keeper, venue } = this
    this.account = await openAccount({
      keeper,
      timers,
      random: () => 0.5,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: { now: () => 1_000_000 + timers.now, monotonic: timers.monotonic },
      callTimeoutMs: Infinity,
      reconcileMs: 200,
      exits: { loudAfterMs: 2_000, retryMs: 100, maxRetryMs: 200 },
      onLine: () => undefined,
      onFatal: error => {
        throw error
      },
    })
  }

  /** Guards a long of 4 at 100. */
  async guard(id: string, rules: Readonly<Record<string, unknown>> = NETTED): Promise<PositionId> {
    const position = aPosition({
      id: positionId(id),
      instrument: ACME,
      quantity: 4,
      openedAt: 1_000_000,
    })
    await this.account.add(position, rules, 'test')
    return position.id
  }

  async price(price: number): Promise<void> {
    this.timers.pass(1)
    this.account.tick({ instrument: ACME, ts: 1_000_000 + this.timers.now, price })
    await settle()
  }

  /** Lets time pass, a cycle each 50 ms. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      this.timers.pass(STEP_MS)
      this.account.cycle()
      await settle()
    }
  }

  close(): void {
    this.account.engine.actors.stopAll()
  }
}

async function settle(): Promise<void> {
  for (let round = 0; round < 30; round++) await new Promise(resolve => setImmediate(resolve))
}
