import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RemoteBroker, startBroker } from '../support/broker-server/client.ts'
import { ALONE, HANDS, positionsOf, writeFiles } from './account.ts'
import { isBeyondZero, loosened, violationsOf } from './checks.ts'
import { type Disk, Guard, GUARDED } from './guard.ts'
import type { Kill } from './labels.ts'
import type { Plan } from './plan.ts'

/** What came of a run. */
export interface Result {
  readonly plan: Plan
  /** Kills by label. */
  readonly kills: ReadonlyMap<string, number>
  readonly orders: number
  /** The account was oversold, at a venue where nobody can exclude that, and that was told. */
  readonly isOversold: boolean
  /** One line each, with what a person needs to understand them. */
  readonly violations: readonly string[]
  readonly evidence: string
}

/** A run that is not over by then hangs, ms: each kill may cost all the waits for proofs. */
const LONGEST_MS = 90_000
const LONGEST_PROOFS = 100
/** How much further behind than anything else lists are, ms. */
const LISTS_LAG_MS = 2_000

/** Guards an account at a plan's venue, kills the guard as it says, and looks at what became of it. */
export async function run(plan: Plan, main = GUARDED): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-crash-'))
  const { capabilities, lagMs } = plan.venue
  const list = plan.doListsLag ? lagMs + LISTS_LAG_MS : lagMs
  const broker = await startBroker({
    folder: join(folder, 'broker'),
    settings: { capabilities, lagMs: { order: lagMs, holding: lagMs, list } },
    seed: plan.seed,
    script: { hands: HANDS, prices: { BTCUSD: 92_400, GLOBEX: 47.8 }, faults: plan.faults },
  })
  const args = writeFiles(folder, plan, broker)
  const course = new Course(plan, broker, new Guard(folder, { main, args }))
  try {
    return await course.run()
  } finally {
    await course.guard.kill()
    await broker.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

class Course {
  readonly guard: Guard
  private readonly plan: Plan
  private readonly broker: RemoteBroker
  private readonly kills: Kill[]
  private readonly looser: string[] = []
  private readonly until: number
  private last: Disk = { positions: new Map(), journal: [], storeId: '' }

  constructor(plan: Plan, broker: RemoteBroker, guard: Guard) {
    this.plan = plan
    this.broker = broker
    this.guard = guard
    this.kills = [...plan.kills]
    const { visibilityMs } = plan.venue.capabilities
    this.until = performance.now() + LONGEST_MS + LONGEST_PROOFS * visibilityMs
  }

  async run(): Promise<Result> {
    const { plan } = this
    try {
      if (plan.isHalved) await this.halve()
      await this.drive(() => this.isOver(1))
      if (plan.isReopened) await this.reopen()
      await this.settle()
    } catch (error) {
      this.looser.push(String(error instanceof Error ? error.message : error))
    }
    return this.result()
  }

  /** Starts the guard again and again until something is so. */
  private async drive(isDone: () => Promise<boolean>): Promise<void> {
    for (;;) {
      if (this.guard.hasEnded) this.guard.start(this.kills.shift())
      const done = await this.guard.until(() => this.inTime(isDone))
      if (done) return
      this.look(await this.guard.disk())
    }
  }

  /** Somebody sells half of a position while nobody guards it. */
  private async halve(): Promise<void> {
    this.guard.start(undefined)
    await this.guard.until(async () => (await this.guard.disk()).positions.size === 3)
    await this.guard.kill()
    await this.broker.handTrade({ instrument: ALONE.instrument, quantity: -2 })
    await this.visible()
  }

  /** The id is opened again at the broker and here, while the next kill waits. */
  private async reopen(): Promise<void> {
    await this.lateArrival()
    await this.guard.kill()
    const { instrument, quantity } = ALONE
    const left = this.broker.book().holdings.find(each => each.instrument === instrument)
    // What is oversold is bought back first.
    await this.broker.handTrade({ instrument, quantity: quantity - (left?.quantity ?? 0) })
    await this.visible()
    const held = positionsOf({ isHalved: false }).find(({ id }) => id === ALONE.id)!
    await this.drive(async () => {
      const { positions } = await this.guard.disk()
      if ((positions.get(ALONE.id)?.generation ?? 0) < 2) {
        await this.guard.post('/api/positions', { ...held, exitNow: true })
      }
      return this.isOver(2)
    })
  }

  private async settle(): Promise<void> {
    this.kills.length = 0
    await this.lateArrival()
  }

  /** What is late arrives; what the guard must tell is told. */
  private async lateArrival(): Promise<void> {
    await this.visible()
    await sleep(this.plan.lateArrivalMs ?? 0)
    if (!isBeyondZero(this.broker.book())) return
    const until = performance.now() + 5_000 + 2 * this.plan.venue.capabilities.visibilityMs
    await this.drive(async () => {
      const { journal } = await this.guard.disk()
      const isTold = journal.some(({ kind }) => kind === 'holding-oversold')
      return isTold || performance.now() > until
    })
  }

  private visible(): Promise<void> {
    return sleep(2 * this.plan.venue.capabilities.visibilityMs)
  }

  private async isOver(generation: number): Promise<boolean> {
    const disk = await this.guard.disk()
    this.look(disk)
    const { positions } = disk
    const isClosed = [...positions.values()].every(({ state }) => state === 'closed')
    return positions.size === 3 && isClosed && positions.get(ALONE.id)!.generation === generation
  }

  private look(disk: Disk): void {
    this.looser.push(...loosened(this.last, disk))
    this.last = disk
  }

  private async inTime(isDone: () => Promise<boolean>): Promise<boolean> {
    if (performance.now() > this.until) throw new Error('it is not over')
    return isDone()
  }

  private async result(): Promise<Result> {
    const { plan, guard } = this
    const book = this.broker.book()
    const disk = await guard.disk()
    const violations = [...this.looser, ...violationsOf({ plan, book, disk })]
    const orders = book.orders.length
    const evidence =
      violations.length === 0
        ? ''
        : [
            ...disk.journal.map(line => JSON.stringify(line)),
            ...book.orders.map(order => JSON.stringify(order)),
            guard.output,
          ].join('\n')
    return {
      ...{ plan, kills: guard.kills, orders, violations, evidence },
      isOversold: disk.journal.some(({ kind }) => kind === 'holding-oversold'),
    }
  }
}
