// Runs a service as a child that never outlives the command that it was started with.
import { spawn } from 'node:child_process'

const POLL_MS = 250

/**
 * Runs a Node script with its arguments, and ends with its exit code. The child is stopped with
 * this process, and also when its parent ends: npm, or a shell in between, may end without passing
 * a signal on.
 */
export function runChild(args, options) {
  const child = spawn(process.execPath, args, { stdio: 'inherit', ...options })
  // The service ends in order by itself, and the parent waits for it. A Ctrl-C reaches it from the
  // terminal directly: a forwarded one would be its second signal, which ends it at once.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGTERM'))
  const parent = process.ppid
  const poll = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(poll)
    child.kill('SIGTERM')
  }, POLL_MS)
  child.on('exit', (code, signal) => {
    clearInterval(poll)
    process.exitCode = code ?? (signal === null ? 0 : 1)
  })
}
