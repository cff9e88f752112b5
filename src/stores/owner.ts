import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process that owns a store, distinguishable from a later process with the same pid. */
export interface Owner {
  readonly token: string
  readonly pid: number
  /**
   * Clock ticks since boot at which the process started; null where the machine does not report it.
   */
  readonly startedAt: string | null
  /** Changes with each boot of the machine; null where the machine does not report it. */
  readonly bootId: string | null
  /**
   * PID namespace of the process: each container of a machine has its own. Older versions stored
   * none.
   */
  readonly namespace?: string | null
  /** Hostname of its machine, for messages. */
  readonly host?: string
  /** True where it held a kernel lock when it claimed the store. */
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

/** Whether this process can see if the owner still runs: only within its own PID namespace. */
export const canSee = ({ bootId: itsBoot, namespace: its }: Owner): boolean =>
  itsBoot !== null && itsBoot === bootId() && its != null && its === namespace()

/**
 * Whether the owner still runs. Not the same: another process with its pid, a process from before a
 * reboot, and a zombie whose parent has not reaped it yet.
 */
export function isAlive({ pid, startedAt, bootId: itsBoot }: Owner): boolean {
  if (itsBoot !== bootId()) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: the process of another user cannot be signalled, but it exists.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return startedAt === startOf(pid) && !DEAD.has(statOf(pid)?.[0])
}

/**
 * Whether the owner may still run; for a process that holds the kernel lock on the store, or where
 * no such lock exists. The pid of another container proves nothing here.
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

/** Process states that do not run any more. */
const DEAD: ReadonlySet<string | undefined> = new Set(['Z', 'X'])

const START_FIELD = 19

const startOf = (pid: number): string | null => statOf(pid)?.[START_FIELD] ?? null

/**
 * The fields of /proc/<pid>/stat from the third (the state) on; the name before them may contain
 * spaces and parentheses (proc(5)).
 */
const statOf = (pid: number): readonly string[] | null =>
  firstOf(`/proc/${pid}/stat`, text => text.slice(text.lastIndexOf(')') + 2).split(' '))

function firstOf<Part>(file: string, read: (text: string) => Part): Part | null {
  try {
    return read(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}
