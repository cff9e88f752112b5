import { setTimeout as sleep } from 'node:timers/promises'
import type { TrueBook } from '../support/broker-server/client.ts'
import type { BrokerServer } from '../support/broker-server/server.ts'
import { ALONE, positionsOf } from './account.ts'
import { isBeyondZero, leftToAPerson, loosened, violationsOf } from './checks.ts'
import type { Disk } from './disk.ts'
import type { GuardProcess } from './guard.ts'
import type { Kill } from './labels.ts'
import { People } from './people.ts'
import type { Plan } from './plan.ts'
import { isBeside, placeOf } from './venues.ts'

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

interface CourseDeps {
  readonly plan: Plan
  readonly broker: BrokerServer
  readonly guard: GuardProcess
  /** Lets the next process claim less of the venue, where the plan says so. */
  shrink(): void
}

/** The course of one run: starts and kills of the guard, deeds of persons, and the checks of both. */
export class Course {
  private readonly parts: CourseDeps
  private readonly plan: Plan
  private readonly guard: GuardProcess
  private readonly people: People
  private readonly kills: Kill[]
  private readonly looser: string[] = []
  private readonly until: number
  private last: Disk = { positions: new Map(), journal: [], storeId: '' }

  constructor(parts: CourseDeps) {
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
      // What a restored store sells of a holding whose exit waits for a person is that person's to attribute.
      if (isRestored && this.left.size === 0) await this.restore()
      await this.settle()
    } catch (error) {
      this.looser.push(String(error instanceof Error ? error.message : error))
    }
    return this.result()
  }

  /** Whether the exit of a position waits for a person, as of the last read of the store. */
  private isLeft(id: string): boolean {
    return this.left.has(id)
  }

  /** The positions whose exits wait for a person, as of the last read of the store. */
  private get left(): ReadonlySet<string> {
    return leftToAPerson({ plan: this.plan, disk: this.last })
  }

  private get book(): TrueBook {
    const { book } = this.parts.broker.venue
    return { orders: book.orders, fills: book.fills, holdings: book.holdings() }
  }

  private hand(quantity: number): void {
    const { instrument } = ALONE
    this.parts.broker.venue.hand({ instrument, quantity, ...placeOf(this.plan.venue, 'long') })
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
    const left = this.book.holdings.find(
      each => each.instrument === instrument && !isBeside(this.plan.venue, each),
    )
    // An oversold quantity is bought back first.
    this.hand(quantity - (left?.quantity ?? 0))
    await this.visible()
    const { venue } = this.plan
    const held = positionsOf({ isHalved: false, venue }).find(({ id }) => id === ALONE.id)!
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
    if (!isBeyondZero(this.book, this.plan.venue)) return
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
    // A venue that names an order of an attempt that never left: a person checks, and confirms.
    if (disk.journal.some(({ kind }) => kind === 'store-doubted')) await this.confirm()
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
