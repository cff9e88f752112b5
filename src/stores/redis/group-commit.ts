import { nextTurn } from '../../ports/turns.ts'
/** An item that waits to be written. */
interface Waiting<Item, Result> {
  readonly item: Item
  /** What counts against the bound of one commit. */
  readonly size: number
  resolve(result: Result): void
  reject(error: unknown): void
}

export interface GroupCommitOptions<Item, Result> {
  /** Writes the items of one group, all or nothing; returns a result for each. */
  commit(items: readonly Item[]): Promise<readonly Result[]>
  sizeOf(item: Item): number
  /** Size of one group; a larger item forms a group by itself. */
  readonly mostAtOnce: number
  /** Most size that may wait. */
  readonly mostWaiting: number
  /** Returns the error for a caller when so much waits. */
  refusal(): Error
}

/**
 * Gathers the writes that arrive while a commit is in flight, and commits them together as the next
 * one.
 */
export class GroupCommit<Item, Result> {
  private readonly options: GroupCommitOptions<Item, Result>
  private waiting: Waiting<Item, Result>[] = []
  private waitingSize = 0
  private running: Promise<void> | undefined

  constructor(options: GroupCommitOptions<Item, Result>) {
    this.options = options
  }

  /** Resolves when the item is committed; rejects as the commit of its group does. */
  write(item: Item): Promise<Result> {
    const size = this.options.sizeOf(item)
    if (this.waitingSize + size > this.options.mostWaiting && this.waiting.length > 0) {
      return Promise.reject(this.options.refusal())
    }
    const written = new Promise<Result>((resolve, reject) => {
      this.waiting.push({ item, size, resolve, reject })
    })
    this.waitingSize += size
    // Writes of the same event turn belong to the same commit.
    this.running ??= nextTurn().then(() => this.run())
    return written
  }

  /** Runs `act` between two commits: none is in flight meanwhile. */
  async between<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      if (this.running === undefined) break
      await this.running
    }
    const acting = act()
    this.running = acting
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => this.run())
    return acting
  }

  /** Resolves when no item waits. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const group = this.take()
      try {
        const results = await this.options.commit(group.map(({ item }) => item))
        for (const [index, { resolve }] of group.entries()) resolve(results[index]!)
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    this.running = undefined
  }

  private take(): Waiting<Item, Result>[] {
    let size = 0
    let count = 0
    for (const each of this.waiting) {
      if (count > 0 && size + each.size > this.options.mostAtOnce) break
      size += each.size
      count++
    }
    this.waitingSize -= size
    return this.waiting.splice(0, count)
  }
}
