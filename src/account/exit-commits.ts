import type { PositionId } from '../domain/ids.ts'
import { WatchkeeperError } from '../errors.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { KeptLine } from '../ports/state-repository.ts'
import type { AccountChange, Taken, WriteQueue } from './write-queue.ts'

/** Exits in one commit: more of them would hold the event loop for more than a millisecond. */
const MOST_TOGETHER = 50
/** Commits of exits that are under way at once: the next one is prepared while the disk writes this one. */
const MOST_UNDER_WAY = 2

/** A state of an exit that its caller waits for. */
export interface ExitAct {
  readonly record: ExitRecord
  /** Returns the journal lines of the exit when its commit begins. An exception refuses only this exit. */
  lines(): readonly KeptLine[]
}

export interface ExitCommitsDeps {
  readonly queue: Pick<WriteQueue, 'takeRowsOf' | 'putBack' | 'isEmpty'>
  /** Runs one commit. */
  keep(asked: AccountChange, along: Taken): Promise<void>
  /** Schedules a commit of what was put back. */
  drainSoon(): void
}

interface Waiting {
  readonly act: ExitAct
  /** Earlier states of the exit that this one replaces. */
  readonly replaced: readonly ExitRecord[]
  done(): void
  failed(error: unknown): void
}

/**
 * Commits exits: the first at once, and those that come while a commit is under way together in the next one. A
 * gap in a market leads to thousands of exits; separate commits would take most of the time.
 */
export class ExitCommits {
  private readonly deps: ExitCommitsDeps
  private waiting: Waiting[] = []
  private underWay = 0
  /** Positions whose exit was in a failed commit: each is committed alone the next time, as it may be the cause. */
  private readonly suspects = new Set<PositionId>()

  constructor(deps: ExitCommitsDeps) {
    this.deps = deps
  }

  /** Resolves when the exit is durable; rejects when it cannot be. */
  run(act: ExitAct, replaced: readonly ExitRecord[]): Promise<void> {
    return new Promise((done, failed) => {
      this.waiting.push({ act, replaced, done, failed })
      this.next()
    })
  }

  private next(): void {
    while (this.underWay < MOST_UNDER_WAY && this.waiting.length > 0) {
      this.underWay++
      void this.commit(this.takeGroup()).finally(() => {
        this.underWay--
        this.next()
      })
    }
  }

  /** The exits of the next commit: up to the first suspect, or that one alone. */
  private takeGroup(): readonly Waiting[] {
    const { waiting, suspects } = this
    const isSuspect = ({ act }: Waiting): boolean => suspects.has(act.record.positionId)
    const first = waiting.findIndex(isSuspect)
    const count = first === -1 ? MOST_TOGETHER : Math.min(MOST_TOGETHER, Math.max(1, first))
    const group = waiting.slice(0, count)
    this.waiting = waiting.slice(count)
    for (const { act } of group) suspects.delete(act.record.positionId)
    return group
  }

  private async commit(group: readonly Waiting[]): Promise<void> {
    const ready: Waiting[] = []
    const lines: KeptLine[] = []
    for (const each of group) {
      try {
        lines.push(...each.act.lines())
        ready.push(each)
      } catch (error) {
        this.putBack([], each.replaced)
        each.failed(error)
      }
    }
    if (ready.length === 0) return
    // The exit follows from the present row, such as a smaller quantity: a row that waits must not come after it.
    const rows = this.deps.queue.takeRowsOf(ready.map(({ act }) => act.record.positionId)).rows
    try {
      await this.deps.keep({ lines, exits: ready.map(({ act }) => act.record) }, { rows })
      for (const each of ready) each.done()
    } catch (error) {
      this.putBack(
        rows,
        ready.flatMap(({ replaced }) => replaced),
      )
      await this.refuse(ready, error)
    }
  }

  /**
   * A disk without room for many exits may have room for one: after a failed commit each exit is tried alone,
   * until one fails.
   */
  private async refuse(group: readonly Waiting[], error: unknown): Promise<void> {
    const isFull = error instanceof WatchkeeperError && error.code === 'STORE_FULL'
    if (!isFull || group.length === 1) {
      for (const { act, failed } of group) {
        if (group.length > 1) this.suspects.add(act.record.positionId)
        failed(error)
      }
      return
    }
    let isOver = false
    for (const each of group) {
      if (isOver) each.failed(error)
      else {
        const { done, failed } = each
        const fails = (why: unknown): void => {
          isOver = true
          failed(why)
        }
        await this.commit([{ ...each, done, failed: fails }])
      }
    }
  }

  private putBack(rows: readonly PositionId[], exits: readonly ExitRecord[]): void {
    this.deps.queue.putBack({ rows, exits })
    if (!this.deps.queue.isEmpty) this.deps.drainSoon()
  }
}
