import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileIdentity } from './footing.ts'

/** `held`: by this process. `busy`: by another one. `none`: this machine offers no lock. */
export type LockOutcome = 'held' | 'busy' | 'none'

interface Lock {
  readonly fd: number
  /** Number of users within this process. */
  count: number
  /** Of the attempt that all of its users share. */
  readonly outcome: Promise<LockOutcome>
}

/** Files that this process has locked, or is about to. */
const locks = new Map<string, Lock>()
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
  // A second attempt beside the first one would find the file busy.
  const lock = locks.get(name) ?? begin(name, path)
  lock.count++
  return lock.outcome
}

function begin(name: string, path: string): Lock {
  const fd = openSync(path, 'r')
  const outcome = tryLock(fd).then(found => {
    if (found !== 'held') forget(name)
    return found
  })
  const lock = { fd, count: 0, outcome }
  locks.set(name, lock)
  return lock
}

function forget(name: string): void {
  closeSync(locks.get(name)!.fd)
  locks.delete(name)
}

/**
 * Releases a lock that `lockFile` reported as held; `name` is the identity of the file at that
 * time.
 */
export function unlockFile(name: string): void {
  const lock = locks.get(name)
  if (lock !== undefined && --lock.count === 0) forget(name)
}

function tryLock(fd: number): Promise<LockOutcome> {
  const [command, args] = COMMAND
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'ignore', fd] })
  return new Promise(resolve => {
    child.once('error', () => resolve('none'))
    child.once('close', code => resolve(code === 0 ? 'held' : code === BUSY ? 'busy' : 'none'))
  })
}
