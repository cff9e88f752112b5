import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { KeptPosition } from '../../src/app/offline.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import { running, runningEnv } from '../support/compiled.ts'

const CHILD = fileURLToPath(new URL('disk-child.ts', import.meta.url))

/** The stored state of a guard, whether the guard runs or not. Empty before there is a store. */
export interface Disk {
  readonly positions: ReadonlyMap<string, KeptPosition>
  readonly journal: readonly JournalLine[]
  /** The random part of its order ids. */
  readonly storeId: string
}

export interface DiskQuestion {
  readonly id: number
  readonly folder: string
}

export interface DiskAnswer {
  readonly id: number
  readonly positions: readonly KeptPosition[]
  readonly journal: readonly JournalLine[]
  readonly storeId: string
}

interface Pending {
  resolve(disk: Disk): void
  reject(error: Error): void
}

/** How often a read is repeated when its process has died of it. */
const TRIES = 5

/**
 * Reads stores of guards in a child process. lmdb maps the store's file: a reader whose file is
 * replaced or truncated under it dies by a signal, which must end no run.
 */
class DiskReader {
  private child: ChildProcess | undefined
  private readonly pending = new Map<number, Pending>()
  private lastId = 0

  async read(folder: string): Promise<Disk> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.ask(folder)
      } catch (error) {
        if (tries === TRIES) throw error
        process.stderr.write(`${String(error)}; it is started again\n`)
      }
    }
  }

  private ask(folder: string): Promise<Disk> {
    const child = (this.child ??= this.start())
    this.lastId += 1
    const id = this.lastId
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject })
      child.channel?.ref()
      child.send({ id, folder } satisfies DiskQuestion, error => {
        if (error === null) return
        this.pending.delete(id)
        reject(error)
      })
    })
  }

  private start(): ChildProcess {
    const parts = running(CHILD)
    const child = fork(parts.at(-1)!, {
      execArgv: parts.slice(0, -1),
      env: runningEnv(),
      serialization: 'advanced',
    })
    child.unref()
    child.on('message', answer => this.answered(answer as DiskAnswer))
    child.once('exit', (code, signal) => {
      this.child = undefined
      const failed = [...this.pending.values()]
      this.pending.clear()
      for (const { reject } of failed) {
        reject(new Error(`the reader of the store ended with ${signal ?? String(code)}`))
      }
    })
    return child
  }

  private answered({ id, positions, ...rest }: DiskAnswer): void {
    const pending = this.pending.get(id)
    this.pending.delete(id)
    if (this.pending.size === 0) this.child?.channel?.unref()
    const byId = new Map(positions.map(each => [each.position.id, each]))
    pending?.resolve({ positions: byId, ...rest })
  }
}

const reader = new DiskReader()

/** Reads what a guard whose data is in `folder` has stored. */
export const readDisk = (folder: string): Promise<Disk> => reader.read(folder)
