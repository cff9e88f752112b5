import type { PositionId } from '../domain/ids.ts'

/**
 * Runs acts about the same position one after the other, in the order of the calls. An act of PositionChanges waits for
 * commits, which wait in a queue of the StateWriter's own; a commit never waits for such an act, so that neither queue
 * can block the other.
 */
export class IdQueue {
  private readonly last = new Map<PositionId, Promise<void>>()

  /** Runs an act once the earlier acts about its positions are over; at once where there are none. */
  async run<Result>(ids: Iterable<PositionId>, act: () => Promise<Result>): Promise<Result> {
    const mine = new Set(ids)
    const before = [...mine].flatMap(id => this.last.get(id) ?? [])
    let end!: () => void
    const over = new Promise<void>(resolve => (end = resolve))
    for (const id of mine) this.last.set(id, over)
    try {
      if (before.length > 0) await Promise.all(before)
      return await act()
    } finally {
      for (const id of mine) if (this.last.get(id) === over) this.last.delete(id)
      end()
    }
  }

  /** Whether an act about the position is under way, or waits. */
  isBusy(id: PositionId): boolean {
    return this.last.has(id)
  }

  /** Resolves when all acts so far are over. */
  async idle(): Promise<void> {
    await Promise.all(this.last.values())
  }
}
