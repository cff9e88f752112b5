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

/** Whether the owner still runs: not a process of the same pid, nor one from before a restart. */
export function isAlive({ pid, startedAt, bootId: itsBoot }: Owner): boolean {
  if (itsBoot !== bootId()) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process cannot be signalled, but it is there.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return startedAt === startOf(pid)
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

const START_FIELD = 19

/** Field 22 of /proc/<pid>/stat; the name before it may hold spaces and brackets. */
function startOf(pid: number): string | null {
  return firstOf(
    `/proc/${pid}/stat`,
    text => text.slice(text.lastIndexOf(')') + 2).split(' ')[START_FIELD] ?? null,
  )
}

function firstOf(file: string, read: (text: string) => string | null): string | null {
  try {
    return read(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}
