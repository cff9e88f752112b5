import { StoreError } from './errors.ts'

/** Most changes that wait for the commit under way; beyond it a write is refused. */
const MAX_WAITING = 100_000

interface Group<T> {
  readonly items: T[]
  readonly done: Promise<void>
  readonly settle: (commit: Promise<void>) => void
}

/** Gathers what is written in one turn, and all that comes while a commit is under way. */
export interface GroupCommit<T> {
  /** Resolves when the commit that carries `items` is durable, rejects with its error. */
  add(items: readonly T[]): Promise<void>
  /** Resolves when nothing is under way or waiting; never rejects. */
  idle(): Promise<void>
}

/** One `commit` at a time; each takes everything that has gathered, in order. */
export function groupCommit<T>(commit: (items: readonly T[]) => Promise<void>): GroupCommit<T> {
  let gathering: Group<T> | undefined
  let running: Promise<void> | undefined

  const run = async (): Promise<void> => {
    await Promise.resolve() // the turn that issued the first write may issue more
    while (gathering !== undefined) {
      const group = gathering
      gathering = undefined
      const attempt = commit(group.items)
      group.settle(attempt)
      await attempt.catch(() => undefined) // reported through the group's own promise
    }
    running = undefined
  }

  return {
    async add(items) {
      if (items.length === 0) return
      const group = (gathering ??= newGroup<T>())
      if (group.items.length + items.length > MAX_WAITING) {
        throw new StoreError('STORE_BUSY', `${group.items.length} changes wait for the disk`)
      }
      for (const item of items) group.items.push(item)
      running ??= run()
      return group.done
    },
    async idle() {
      await running
    },
  }
}

function newGroup<T>(): Group<T> {
  let settle!: (commit: Promise<void>) => void
  const done = new Promise<void>(resolve => (settle = resolve))
  return { items: [], done, settle }
}
