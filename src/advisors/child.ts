import { spawn, type ChildProcess } from 'node:child_process'
import { Intake } from './intake.ts'
import type { AdvisorConfig } from './options.ts'

export interface ChildDeps {
  monotonic(): number
  onLine(line: string): void
  /** It has ended, or was killed, for this reason; called once. */
  onEnd(why: string): void
}

/** Longest tail of stderr that is kept for the journal, bytes. */
const LONGEST_COMPLAINT = 300
/** Time between the request to end and the kill, ms. */
const GRACE_MS = 1_000

/** The process of an advisor, in a process group of its own: what it has started ends with it. */
export class AdvisorChild {
  private readonly process: ChildProcess
  private readonly deps: ChildDeps
  private readonly intake: Intake
  private complaint = ''
  private why: string | undefined
  private hasEnded = false

  constructor({ command, env, linesPerSecond }: AdvisorConfig, deps: ChildDeps) {
    this.deps = deps
    this.intake = new Intake(linesPerSecond, line => deps.onLine(line))
    const [program, ...args] = command
    const { PATH, HOME, LANG } = process.env
    this.process = spawn(program!, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH, HOME, LANG, ...env },
      detached: true,
    })
    const { stdin, stdout, stderr } = this.process
    stdin!.on('error', () => undefined)
    stdout!.on('data', (data: Buffer) => {
      if (this.why !== undefined) return
      const offence = this.intake.chunk(data, deps.monotonic())
      if (offence !== undefined) this.kill(`it wrote ${offence}`)
    })
    stderr!.on('data', (data: Buffer) => {
      this.complaint = (this.complaint + data.toString('utf8')).slice(-LONGEST_COMPLAINT)
    })
    this.process.once('error', error => this.ended(`it cannot be started: ${error.message}`))
    this.process.once('close', (code, signal) => {
      const last = this.complaint.trim().split('\n').at(-1) ?? ''
      const how = signal === null ? `it ended with ${code}` : `it was ended by ${signal}`
      this.ended(this.why ?? `${how}${last === '' ? '' : `: ${last}`}`)
    })
  }

  /** Lines that were left out because they were too many. */
  get dropped(): number {
    return this.intake.dropped
  }

  /** Writes a line unless what was written before still waits for its reader. */
  write(line: string): boolean {
    const { stdin } = this.process
    if (stdin === null || !stdin.writable || stdin.writableNeedDrain) return false
    stdin.write(line)
    return true
  }

  /** Ends it at once, with everything that it has started. */
  kill(why: string): void {
    this.why ??= why
    this.process.stdout?.destroy()
    this.signal('SIGKILL')
  }

  /** Closes its input, then ends it; resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.hasEnded) return
    this.why ??= 'the service stops'
    const gone = new Promise<void>(resolve => this.process.once('close', () => resolve()))
    this.process.stdin?.end()
    this.signal('SIGTERM')
    const timer = setTimeout(() => this.signal('SIGKILL'), GRACE_MS)
    await gone
    clearTimeout(timer)
  }

  private ended(why: string): void {
    if (this.hasEnded) return
    this.hasEnded = true
    // A leader that is gone may have left others of its group behind.
    this.signal('SIGKILL')
    this.deps.onEnd(why)
  }

  private signal(signal: NodeJS.Signals): void {
    const { pid } = this.process
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch {
      // The group is gone.
    }
  }
}
