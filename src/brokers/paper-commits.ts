import { commit } from '../disk/commit.ts'
import { Footing, type Lost } from '../disk/footing.ts'
import { Room } from '../disk/room.ts'
import { isFull } from '../disk/space.ts'
import { NotSent, OutcomeUnknown } from '../errors.ts'
import { ROWS_A_CALL } from './paper-book.ts'
import type { PaperRoot } from './paper-folder.ts'

/** Makes transactions of a paper account durable, and watches the folder and the disk that they need. */
export class PaperCommits {
  private readonly root: PaperRoot
  private readonly room: Room
  private readonly footing: Footing
  private readonly calls = new Set<Promise<unknown>>()

  constructor(root: PaperRoot, folder: string) {
    this.root = root
    this.room = new Room(folder)
    this.footing = new Footing(folder)
    this.room.hold()
  }

  /** Whether the folder was deleted or replaced while it is in use, and which of the two. */
  get lost(): Lost | undefined {
    return this.footing.lost()
  }

  /** @throws NotSent where the folder was deleted or replaced. */
  assertThere(): void {
    const lost = this.footing.atCommit()
    if (lost === undefined) return
    throw new NotSent(`the folder of the paper account was ${lost} while it is in use`)
  }

  /**
   * Runs `act` as one transaction, which is on disk when the promise resolves.
   *
   * @throws NotSent where it finds no room, and has changed nothing; OutcomeUnknown after any other failure.
   */
  async run<T>(act: () => T): Promise<T> {
    this.assertThere()
    if (!this.room.admits(ROWS_A_CALL, true)) throw full()
    const call = commit(this.root, act)
    this.calls.add(call)
    try {
      const result = await call
      if (this.footing.atCommit() !== undefined) throw new Error('its folder is not there any more')
      return result
    } catch (cause) {
      if (!isFull(cause)) {
        throw new OutcomeUnknown('the paper account could not be written', { cause })
      }
      this.room.failed()
      throw full(cause)
    } finally {
      this.calls.delete(call)
    }
  }

  /** Waits for the transactions under way, and closes the environment. */
  async close(): Promise<void> {
    await Promise.allSettled(this.calls)
    await this.root.close()
  }
}

const full = (cause?: unknown): NotSent =>
  new NotSent('the paper account could not be written: there is no room left on its disk', {
    cause,
  })
