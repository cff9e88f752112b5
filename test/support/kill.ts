import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { running, runningEnv } from './compiled.ts'

const MAIN = 'src/cli/main.ts'
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface RunOptions {
  /** A program in place of the command itself. */
  readonly main?: string
  /** Arguments of Node that run `main` as it is; by default the bundle of a source file is run. */
  readonly loader?: readonly string[]
  /** The command; default: `run`. */
  readonly command?: string
  /** What it reads; by default nothing. */
  readonly stdin?: string
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Opens a channel for `steer`. */
  readonly isSteered?: boolean
}

/** A running `watchkeeper run` and the lines that it has printed. */
export class RunningService {
  readonly lines: string[] = []
  private readonly child: ChildProcess

  /** Starts the real command; `args` go behind `run`. */
  constructor(
    args: readonly string[],
    { main = MAIN, loader, env = {}, isSteered = false, command = 'run', stdin }: RunOptions = {},
  ) {
    const isSource = main.endsWith('.ts') && loader === undefined
    const program = isSource ? running(main) : [...(loader ?? []), main]
    this.child = spawn(process.execPath, [...program, command, ...args], {
      cwd: ROOT,
      env: { ...runningEnv(), ...env },
      stdio: [
        stdin === undefined ? 'ignore' : 'pipe',
        'pipe',
        'pipe',
        ...(isSteered ? (['ipc'] as const) : []),
      ],
    })
    this.child.stdin?.end(stdin)
    // Each wait for a line adds listeners until one of them is called.
    this.child.setMaxListeners(0)
    this.child.stdout!.setMaxListeners(0)
    let rest = ''
    const take = (text: string): void => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      this.lines.push(...lines)
    }
    this.child.stdout!.setEncoding('utf8').on('data', take)
    this.child.stderr!.setEncoding('utf8').on('data', take)
  }

  /** Resolves once `isWanted` accepts the printed lines; throws if the process ends first. */
  async printed(isWanted: (line: string) => boolean, count = 1): Promise<void> {
    while (this.lines.filter(isWanted).length < count) {
      if (this.hasEnded) {
        throw new Error(`ended with ${this.child.exitCode}:\n${this.lines.join('\n')}`)
      }
      await Promise.race([once(this.child.stdout!, 'data'), once(this.child, 'close')])
    }
  }

  /** The port of its API, once it has printed where that answers. */
  async port(): Promise<number> {
    await this.printed(line => line.startsWith('health '))
    const line = this.lines.find(each => each.startsWith('health '))!
    return Number(/:(\d+)\/health/.exec(line)![1])
  }

  /** Whether its process has ended, by itself or otherwise. */
  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** The signal that ended it. */
  get signal(): NodeJS.Signals | null {
    return this.child.signalCode
  }

  /** Suspends the process: its connections stay open, and nothing is sent. */
  freeze(): void {
    this.child.kill('SIGSTOP')
  }

  /** Continues a suspended process. */
  thaw(): void {
    this.child.kill('SIGCONT')
  }

  /** Closes the reading end of its stdout, as a log reader that dies does. */
  stopReading(): void {
    this.child.stdout!.destroy()
  }

  /** Sends it a signal that does not end it. */
  send(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal)
  }

  /** Gives a steered process a message; resolves when it has acted on it. */
  async steer(message: object): Promise<void> {
    const acted = once(this.child, 'message')
    this.child.send(message)
    await acted
  }

  /** Resolves when its process has ended by itself; gives its exit code. */
  async ended(): Promise<number | null> {
    if (!this.hasEnded) await once(this.child, 'close')
    return this.child.exitCode
  }

  /** Ends it with a signal; gives its exit code, null after a kill. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.hasEnded) {
      const closed = once(this.child, 'close')
      this.child.kill(signal)
      await closed
    }
    return this.child.exitCode
  }
}
