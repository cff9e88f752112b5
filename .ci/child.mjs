// Runs a service as a child that never outlives the command that it was started with.
import { spawn } from 'node:child_process'

const LOOK_MS = 250

/**
 * Runs a script of Node with its arguments, and ends as it ends. The child is asked to stop when this
 * process is, and also when its parent is gone: npm, or the shell between, may end without passing a signal on.
 */
export function runChild(args, options) {
  const child = spawn(process.execPath, args, { stdio: 'inherit', ...options })
  // The service ends in order by itself, and the parent waits for it. A Ctrl-C reaches it from the
  // terminal: sent on, it would be the second one, which ends it at once.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGTERM'))
  const parent = process.ppid
  const look = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(look)
    child.kill('SIGTERM')
  }, LOOK_MS)
  child.on('exit', (code, signal) => {
    clearInterval(look)
    process.exitCode = code ?? (signal === null ? 0 : 1)
  })
}
