import type { Database, RootDatabase } from 'lmdb'
import { commit } from '../../disk/commit.ts'
import type { Room } from '../../disk/room.ts'
import { isFull } from '../../disk/space.ts'
import { WatchkeeperError } from '../../errors.ts'
import { mayRun, thisProcess, type Owner } from '../owner.ts'
import { failed, full, owned } from './errors.ts'
import type { FolderHold } from './hold.ts'

/** Key of the `meta` table. */
const OWNER = 'owner'

/** How often a write is tried before it fails: while another process seems to own the store, or the write is lost. */
const MOST_TRIES = 3
const RETRY_MS = 2

/**
 * Where another process opens and closes the same file, as only a foreign program does, lmdb at times loses a commit
 * that it has reported as done. Each one therefore leaves a mark of its own, which is read back: each under a key of
 * `meta` that no other commit under way has; where all are in use, a commit waits for one.
 */
const MARKS = 256
/** How often a mark is read before its commit counts as lost: a first read may be of the moment before. */
const MOST_READS = 5

/** How an attempt to write has ended where it has no result. */
type NotWritten = 'not-ours' | 'lost'

export interface OwnershipDeps {
  readonly root: RootDatabase<unknown, string>
  readonly meta: Database<unknown, string>
  readonly room: Room
  readonly hold: FolderHold
}

/** The row that says which process owns an embedded store, and the transactions of that owner. */
export class LmdbOwnership {
  private readonly deps: OwnershipDeps
  private owner: Owner | undefined
  private commits = 0
  private readonly marks = new FreeMarks(MARKS)

  constructor(deps: OwnershipDeps) {
    this.deps = deps
  }

  /**
   * Claims the store for this process.
   *
   * @throws WatchkeeperError STORE_OWNED while the process of another owner may run, STORE_FULL.
   */
  async claim(token: string): Promise<void> {
    const { root, room, hold } = this.deps
    const owner: Owner = { ...thisProcess(token), isLocking: hold.isLocked }
    // Check without a transaction first: behind an owner that writes constantly, a transaction
    // would wait.
    root.resetReadTxn()
    const early = this.refusalOf(owner)
    if (early !== undefined) throw early
    if (!room.admits(1, true)) throw full()
    for (let tries = 1; ; tries++) {
      const refusal = await commit(root, () => this.take(owner))
      if (refusal !== undefined) throw refusal
      root.resetReadTxn()
      if (this.present()?.token === owner.token) break
      if (tries === MOST_TRIES) throw failed(new Error('lmdb loses commits'))
    }
    this.owner = owner
    hold.name(owner)
    room.hold()
  }

  /** Gives the ownership up. An owner whose process has ended does not count: on a full disk its row may stay. */
  async release(): Promise<void> {
    const { root, meta, room } = this.deps
    if (this.owner === undefined || !room.admits(1, true)) return
    await commit(root, () => {
      if (this.isOurs()) meta.removeSync(OWNER)
    })
  }

  /**
   * Runs one transaction of the owner; it is on disk when the promise resolves.
   *
   * @throws WatchkeeperError FENCED where another process owns the store.
   */
  async fenced<Result>(act: () => Result): Promise<Result> {
    const { hold } = this.deps
    for (let tries = 1; ; tries++) {
      hold.assertThere()
      const outcome = await this.attempt(act)
      // Where the folder was replaced meanwhile, no later process will find this commit.
      hold.assertThere()
      if (typeof outcome !== 'string') return outcome.result
      // lmdb may have read outside its transaction: only a second read, in a later event turn,
      // counts.
      await new Promise(resolve => setTimeout(resolve, RETRY_MS))
      if (outcome === 'lost' && tries === MOST_TRIES) throw failed(new Error('lmdb loses commits'))
      if (outcome === 'not-ours' && (tries === MOST_TRIES || !this.isOurs())) break
    }
    throw new WatchkeeperError('FENCED', 'another process has taken the store over')
  }

  /** `not-ours` where another process owns the store, by what the transaction has read. */
  private async attempt<Result>(
    act: () => Result,
  ): Promise<{ readonly result: Result } | NotWritten> {
    const { root, room, meta } = this.deps
    const number = this.marks.take() ?? (await this.marks.next())
    const key = `commit ${number}`
    const mark = `${this.owner?.token} ${++this.commits}`
    try {
      const written = await commit(root, () => {
        if (!this.isOurs()) return undefined
        const result = act()
        meta.putSync(key, mark)
        return { result }
      })
      if (written === undefined) return 'not-ours'
      return (await this.isMarked(key, mark)) ? written : 'lost'
    } catch (cause) {
      if (isFull(cause)) room.failed()
      throw isFull(cause) ? full(cause) : failed(cause)
    } finally {
      this.marks.free(number)
    }
  }

  private async isMarked(key: string, mark: string): Promise<boolean> {
    const { root, meta } = this.deps
    for (let reads = 1; ; reads++) {
      root.resetReadTxn()
      if (meta.get(key) === mark) return true
      if (reads === MOST_READS) return false
      await new Promise(resolve => setTimeout(resolve, RETRY_MS))
    }
  }

  /** Runs inside a transaction. */
  private take(owner: Owner): WatchkeeperError | undefined {
    const refusal = this.refusalOf(owner)
    if (refusal === undefined) this.deps.meta.putSync(OWNER, owner)
    return refusal
  }

  private refusalOf(owner: Owner): WatchkeeperError | undefined {
    const present = this.present()
    if (present === undefined || present.token === owner.token) return undefined
    return mayRun(present, owner.isLocking === true) ? owned(present) : undefined
  }

  private present(): Owner | undefined {
    return this.deps.meta.get(OWNER) as Owner | undefined
  }

  private isOurs(): boolean {
    return this.owner !== undefined && this.present()?.token === this.owner.token
  }
}

/** Numbers, each in use once at a time. */
class FreeMarks {
  private readonly unused: number[]
  private readonly waiting: ((number: number) => void)[] = []

  constructor(count: number) {
    this.unused = Array.from({ length: count }, (_, index) => index)
  }

  /** Undefined where all are in use. */
  take(): number | undefined {
    return this.unused.pop()
  }

  /** The first one that is free again. */
  next(): Promise<number> {
    return new Promise(resolve => this.waiting.push(resolve))
  }

  free(number: number): void {
    const next = this.waiting.shift()
    if (next === undefined) this.unused.push(number)
    else next(number)
  }
}
