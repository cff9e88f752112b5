import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startWatchkeeper } from '../../app/embed.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { demoLine, demoText } from '../demo-text.ts'
import { paintFor, type TextStream } from '../output.ts'
import { endLate, outliveReader, stopOnSignal } from '../stopping.ts'

/** The positions of the example, part of the package. */
const POSITIONS = fileURLToPath(new URL('../../../config/demo/positions.yaml', import.meta.url))
const DEFAULT_PORT = 8080
const STOP_MS = 2_000

const EXAMPLES = `
Examples:
  $ watchkeeper demo
  $ watchkeeper demo --port 9000`

/** `watchkeeper demo`: guards the example positions at simulated prices until a signal. */
export const demoCommand: CommandModule = {
  add(program, context) {
    program
      .command('demo')
      .description('guard 25 example positions at simulated prices; nothing leaves this machine')
      .option('--port <port>', 'where the page is; default: 8080, or any free port', Number)
      .addHelpText('after', EXAMPLES)
      .action((given: { readonly port?: number }) => demo(given, context))
  },
}

async function demo(given: { readonly port?: number }, context: CommandContext): Promise<void> {
  const { stdout, env } = context
  const paint = paintFor(stdout, env)
  const asked = new AbortController()
  outliveReader()
  stopOnSignal(() => {
    endLate(STOP_MS)
    asked.abort()
  })
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-demo-'))
  try {
    const port = given.port ?? ((await isFree(DEFAULT_PORT)) ? DEFAULT_PORT : 0)
    const ended = new Promise<void>(resolve => {
      asked.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    const exits = exitLines(stdout, line => demoLine(line, paint))
    const running = await startWatchkeeper({
      // Variables of an account must not turn a demonstration into the real thing.
      env: {},
      config: {
        positions: POSITIONS,
        dataFolder: folder,
        http: { port },
        stop: { deadlineMs: STOP_MS },
      },
      onLog: exits.take,
    })
    if (!asked.signal.aborted) {
      stdout.write(`${demoText(running.positions(), running.url, paint)}\n`)
      exits.show()
      await ended
    }
    await running.stop()
    stdout.write('stopped; the data of the demonstration is removed\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Lines of the log that say something of an exit; those before `show` come after the screen. */
function exitLines(
  stdout: TextStream,
  text: (line: string) => string | undefined,
): { take(line: string): void; show(): void } {
  let waiting: string[] | undefined = []
  return {
    take(line) {
      const shown = text(line)
      if (shown === undefined) return
      if (waiting === undefined) stdout.write(`${shown}\n`)
      else waiting.push(shown)
    },
    show() {
      for (const line of waiting ?? []) stdout.write(`${line}\n`)
      waiting = undefined
    },
  }
}

/** Whether a service could listen there. */
const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
