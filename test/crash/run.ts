import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TrueBook } from '../support/broker-server/client.ts'
import { serveBroker, type BrokerServer } from '../support/broker-server/server.ts'
import { ALONE, HANDS, lotOf, positionsOf, writeConfig, writeFiles } from './account.ts'
import { isBeyondZero, leftToAPerson, loosened, violationsOf } from './checks.ts'
import type { Disk } from './disk.ts'
import { GUARDED, WatchedPosition } from './guard.ts'
import type { Kill } from './labels.ts'
import { stepsOf } from './net-plan.ts'
import { People } from './people.ts'
import type { Plan } from './plan.ts'

/** The result of a run. */
export interface Result {
  readonly plan: Plan
  /** Kills by label. */
  readonly kills: ReadonlyMap<string, number>
  readonly orders: number
  /** The account was oversold, at a venue that cannot exclude that, and the guard reported it. */
  readonly isOversold: boolean
  /** An exit waits for a person, where the configuration claims less of the venue than before. */
  readonly isLeftToAPerson: boolean
  /** One line each, with what a person needs to understand them. */
  readonly violations: readonly string[]
  readonly evidence: string
}

/**
 * Longest duration of a run, ms; a longer one hangs. Each kill may cost all the waits for proofs.
 */
const LONGEST_MS = 240_000
const LONGEST_PROOFS = 100
/** How much more lists lag than anything else, ms. */
const LISTS_LAG_MS = 1_000

/** Guards an account at a plan's venue, kills the guard as the plan says, and checks the result. */
export async function run(plan: Plan, main = GUARDED): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-crash-'))
  const { capabilities, lagMs } = plan.venue
  const { ageMs, doesDrift } = plan.hostility
  const list = plan.doListsLag ? lagMs + LISTS_LAG_MS : lagMs
  const broker = await serveBroker({
    folder: join(folder, 'broker'),
    settings: {
      capabilities: { ...capabilities, ...(plan.net && { restingStop: plan.net.restingStop }) },
      ...(plan.net?.restingStop.reserves === true && { reserves: true }),
      drifts: doesDrift,
      lot: lotOf(plan),
      reportsAge: ageMs > 0,
      lagMs: { order: lagMs, holding: lagMs + ageMs, list: list + ageMs },
    },
    seed: plan.seed,
    script: {
      hands: HANDS,
      prices: { BTCUSD: 92_400, GLOBEX: 47.8 },
      faults: plan.faults,
      ...(plan.net && { steps: stepsOf(plan.net) }),
    },
  })
  const url = `http://127.0.0.1:${broker.port}`
  const args = writeFiles(folder, plan, url)
  const guard = new WatchedPosition(folder, { main, args, ...plan.hostility })
  const shrink = (): void => {
    const { shrunk } = plan.hostility
    if (shrunk !== null) writeConfig(folder, { ...plan, url, venue: shrunk })
  }
  try {
    return await new Course({ plan, broker, guard, shrink }).run()
  } finally {
    await guard.kill()
    broker.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Parts {
  readonly plan: Plan
  readonly broker: BrokerServer
  readonly guard: WatchedPosition
  /** Lets the next process claim less of the venue, where the plan says so. */
  shrink(): void
}

class Course {
  private readonly parts: Parts
  private readonly plan: Plan
  private readonly guard: WatchedPosition
  private readonly people: People
  private readonly kills: Kill[]
  private readonly looser: string[] = []
  private readonly until: number
  private last: Disk = { positions: new Map(), journal: [], storeId: '' }

  constructor(parts: Parts) {
    const { plan, guard } = parts
    this.parts = parts
    this.plan = plan
    this.guard = guard
    this.people = new People(parts)
    this.kills = [...plan.kills]
    const { visibilityMs } = plan.venue.capabilities
    this.until = performance.now() + LONGEST_MS + LONGEST_PROOFS * visibilityMs
  }

  async run(): Promise<Result> {
    const { plan } = this
    const isRestored = plan.hostility.course === 'restored'
    try {
      if (plan.isHalved || isRestored) await this.begin()
      if (plan.isHalved) await this.halve()
      if (isRestored) this.guard.save()
      await this.drive(() => this.isOver())
      if (plan.isReopened && !this.isLeft(ALONE.id)) await this.reopen()
      if (isRestored) await this.restore()
      await this.settle()
    } catch (error) {
      this.looser.push(String(error instanceof Error ? error.message : error))
    }
    return this.result()
  }

  /** Whether the exit of a position waits for a person, as of the last read of the store. */
  private isLeft(id: string): boolean {
    return leftToAPerson({ plan: this.plan, disk: this.last }).has(id)
  }

  private get book(): TrueBook {
    const { book } = this.parts.broker.venue
    return { orders: book.orders, fills: book.fills, holdings: book.holdings() }
  }

  private hand(quantity: number): void {
    this.parts.broker.venue.hand({ instrument: ALONE.instrument, quantity })
  }

  /** Starts the guard again and again until a condition holds. */
  private async drive(isDone: () => Promise<boolean>): Promise<void> {
    for (;;) {
      if (this.guard.hasEnded) this.guard.start(this.kills.shift())
      const done = await this.guard.until(() => this.inTime(isDone))
      if (done) return
      this.check(await this.guard.disk())
      this.parts.shrink()
      await this.people.meanwhile()
    }
  }

  /** A first process guards everything, and exits nothing. */
  private async begin(): Promise<void> {
    this.guard.start(undefined)
    await this.guard.until(async () => (await this.guard.disk()).positions.size === 3)
    if (this.plan.hostility.course === 'restored') {
      await this.guard.until(async () => (await this.confirm()) === 200)
    }
    await this.guard.kill()
  }

  /** A person sells half of a position while no process guards it. */
  private async halve(): Promise<void> {
    this.hand(-2)
    await this.visible()
  }

  /** The id is opened again at the broker and here, while the next kill waits. */
  private async reopen(): Promise<void> {
    await this.lateArrival()
    await this.guard.kill()
    const { instrument, quantity } = ALONE
    const left = this.book.holdings.find(each => each.instrument === instrument)
    // An oversold quantity is bought back first.
    this.hand(quantity - (left?.quantity ?? 0))
    await this.visible()
    const held = positionsOf({ isHalved: false }).find(({ id }) => id === ALONE.id)!
    this.people.deeds.generations = 2
    await this.drive(async () => {
      const { positions } = await this.guard.disk()
      if ((positions.get(ALONE.id)?.generation ?? 0) < 2) {
        await this.guard.ask('POST', '/api/positions', { ...held, exitNow: true, reopen: true })
      }
      return this.isOver()
    })
  }

  /** Restores a store from before the exits; a person confirms the holdings. */
  private async restore(): Promise<void> {
    await this.guard.kill()
    await this.visible()
    this.guard.putBack()
    this.last = { positions: new Map(), journal: [], storeId: '' }
    this.kills.length = 0
    this.guard.start(undefined)
    await this.visible()
    await this.drive(async () => {
      await this.confirm()
      return this.isOver()
    })
  }

  /** A person confirms that the account holds what it should. */
  private confirm(): Promise<number> {
    return this.guard.ask('POST', '/api/gateway/holdings/confirm', {})
  }

  private async settle(): Promise<void> {
    this.kills.length = 0
    await this.lateArrival()
  }

  /** Late orders arrive; the guard must have reported what it must report. */
  private async lateArrival(): Promise<void> {
    await this.visible()
    await sleep(this.plan.lateArrivalMs ?? 0)
    if (!isBeyondZero(this.book)) return
    const until = performance.now() + 5_000 + 2 * this.plan.venue.capabilities.visibilityMs
    await this.drive(async () => {
      const { journal } = await this.guard.disk()
      const isReported = journal.some(({ kind }) => kind === 'holding-oversold')
      return isReported || performance.now() > until
    })
  }

  private visible(): Promise<void> {
    return sleep(2 * this.plan.venue.capabilities.visibilityMs)
  }

  private async isOver(): Promise<boolean> {
    const disk = await this.guard.disk()
    this.check(disk)
    await this.people.act(disk)
    return this.people.isOver(disk)
  }

  private check(disk: Disk): void {
    this.looser.push(...loosened(this.last, disk))
    this.last = disk
  }

  private async inTime(isDone: () => Promise<boolean>): Promise<boolean> {
    if (performance.now() > this.until) throw new Error('it is not over')
    return isDone()
  }

  private async result(): Promise<Result> {
    const { plan, guard, book } = this
    const disk = await guard.disk()
    const { deeds } = this.people
    const violations = [...this.looser, ...violationsOf({ plan, book, disk, deeds })]
    const orders = book.orders.length
    const evidence =
      violations.length === 0
        ? ''
        : [
            JSON.stringify(deeds),
            ...disk.journal.map(line => JSON.stringify(line)),
            ...book.orders.map(order => JSON.stringify(order)),
            guard.output,
          ].join('\n')
    return {
      plan,
      kills: guard.kills,
      orders,
      violations,
      evidence,
      isLeftToAPerson: leftToAPerson({ plan, disk }).size > 0,
      isOversold: disk.journal.some(({ kind }) => kind === 'holding-oversold'),
    }
  }
}
