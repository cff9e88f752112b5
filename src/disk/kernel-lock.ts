import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileIdentity } from './footing.ts'

/** `held`: by this process. `busy`: by another one. `none`: this machine offers no lock. */
export type LockOutcome = 'held' | 'busy' | 'none'

interface Held {
  readonly fd: number
  /** Number of users within this process. */
  count: number
}

/** Files that this process has locked. */
const held = new Map<string, Held>()
/** Takes a kernel lock on an inherited file, descriptor 3. */
const COMMAND = ['flock', ['-x', '-n', '3']] as const
/** Exit status of `flock` where another process holds the lock. */
const BUSY = 1

/**
 * Locks a file until this process ends, however it ends. Unlike a pid, every process of the same
 * kernel sees the lock, also in other containers. The lock belongs to the open file description:
 * the command that takes it ends, and this process keeps it.
 */
export async function lockFile(path: string): Promise<LockOutcome> {
  const name = fileIdentity(path)
  if (name === undefined || name === '') return 'none'
  const own = held.get(name)
  if (own !== undefined) {
    own.count++
    return 'held'
  }
  const fd = openSync(path, 'r')
  const outcome = await tryLock(fd)
  // Two callers in this process may have asked at once: the file is locked for both.
  const meanwhile = held.get(name)
  if (outcome !== 'held' || meanwhile !== undefined) closeSync(fd)
  if (meanwhile !== undefined) {
    meanwhile.count++
    return 'held'
  }
  if (outcome === 'held') held.set(name, { fd, count: 1 })
  return outcome
}

/**
 * Releases a lock that `lockFile` reported as held; `name` is the identity of the file at that
 * time.
 */
export function unlockFile(name: string): void {
  const own = held.get(name)
  if (own === undefined || --own.count > 0) return
  held.delete(name)
  closeSync(own.fd)
}

function tryLock(fd: number): Promise<LockOutcome> {
  const [command, args] = COMMAND
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'ignore', fd] })
  return new Promise(resolve => {
    child.once('error', () => resolve('none'))
    child.once('close', code => resolve(code === 0 ? 'held' : code === BUSY ? 'busy' : 'none'))
  })
}
