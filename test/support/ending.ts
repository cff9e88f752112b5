import { execFileSync } from 'node:child_process'
import { open } from 'node:fs'
import { join } from 'node:path'
import { endNow, endProcess } from '../../src/processes/ending.ts'

/** A process that ends; its arguments say in which state, and where it has room. */
const [how, folder = ''] = process.argv.slice(2)

switch (how) {
  case 'with a thread that hangs': {
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    // No process ever writes there: the thread waits for good.
    open(fifo, 'r', () => undefined)
    break
  }
  case 'with lines that are not read':
    process.stdout.write('x'.repeat(4_000_000))
    break
  case 'at once, though it hears the signal':
    process.on('SIGTERM', () => undefined)
    endNow('SIGTERM')
    break
  default:
}
await endProcess(Number(process.argv[4] ?? 3), [process.stdout, process.stderr])
