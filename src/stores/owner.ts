import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process that owns a store, told apart from a later one that got the same pid. */
export interface Owner {
  readonly token: string
  readonly pid: number
  /** Ticks since boot at which the process started; null where the machine does not tell. */
  readonly startedAt: string | null
  /** Changes when the machine starts again; null where it does not tell. */
  readonly bootId: string | null
  /** Where its pid counts: containers of one machine count apart. Older releases do not say. */
  readonly namespace?: string | null
  /** Name of its machine, for a person. */
  readonly host?: string
  /** It held a lock of the kernel when it claimed the store. */
  readonly isLocking?: boolean
}

/** This process as an owner. */
export const thisProcess = (token: string): Owner => ({
  token,
  pid: process.pid,
  startedAt: startOf(process.pid),
  bootId: bootId(),
  namespace: namespace(),
  host: hostname(),
})

/** Whether it can be seen from here if the owner still runs: only among the processes around us. */
export const canSee = ({ bootId: itsBoot, namespace: its }: Owner): boolean =>
  itsBoot !== null && itsBoot === bootId() && its != null && its === namespace()

/**
 * Whether the owner still runs: not a process of the same pid, nor one from before a restart, nor one
 * that is dead and of whose end its parent has not taken note yet.
 */
export function isAlive({ pid, startedAt, bootId: itsBoot }: Owner): boolean {
  if (itsBoot !== bootId()) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process cannot be signalled, but it is there.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return startedAt === startOf(pid) && !DEAD.has(statOf(pid)?.[0])
}

/**
 * Whether the owner may still run, where this process has the lock of the kernel on the store, or
 * there is no such lock. A pid of another container says nothing here.
 */
export function mayRun(owner: Owner, hasLock: boolean): boolean {
  if (hasLock && owner.isLocking === true && !canSee(owner)) return false
  return isAlive(owner)
}

function namespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return null
  }
}

function bootId(): string | null {
  return firstOf('/proc/sys/kernel/random/boot_id', text => text.trim())
}

/** States of a process that runs no more. */
const DEAD: ReadonlySet<string | undefined> = new Set(['Z', 'X'])

const START_FIELD = 19

const startOf = (pid: number): string | null => statOf(pid)?.[START_FIELD] ?? null

/** The fields of /proc/<pid>/stat from the third, the state, on; the name before may hold spaces and brackets. */
const statOf = (pid: number): readonly string[] | null =>
  firstOf(`/proc/${pid}/stat`, text => text.slice(text.lastIndexOf(')') + 2).split(' '))

function firstOf<Part>(file: string, read: (text: string) => Part): Part | null {
  try {
    return read(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}
