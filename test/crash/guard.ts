import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RunningService } from '../support/kill.ts'
import { STEERING, type CommitFault, type Steering } from '../support/steered/steering.ts'
import { readDisk, type Disk } from './disk.ts'
import type { CrashClock, Hostility } from './hostility.ts'
import { CRASH_AT, type Kill } from './labels.ts'

/** The guarded program, as it stands in the repository. */
export const GUARDED = fileURLToPath(new URL('guarded.ts', import.meta.url))
const POLL_MS = 100
const LONGEST_POLL_MS = 500

/** How the guard is started. */
export interface GuardOptions extends Partial<Pick<Hostility, 'commits' | 'clocks'>> {
  readonly main: string
  readonly args: readonly string[]
  readonly clockMs?: number
  /** Each process meets a second one over the same folder. */
  readonly hasRival?: boolean
  /** Added to the environment of each process. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** A guard that is killed and started again, over one data folder. */
export class GuardProcess {
  /** How often it was killed, by label. */
  readonly kills = new Map<string, number>()
  private readonly folder: string
  private readonly main: string
  private readonly args: readonly string[]
  private readonly commits: readonly CommitFault[]
  private readonly clocks: CrashClock[]
  private readonly clockMs: number
  private readonly hasRival: boolean
  private readonly env: Readonly<Record<string, string>>
  /** The environment of the last start, without its kill. */
  private steered: Readonly<Record<string, string>> = {}
  private service: RunningService | undefined
  /** The second process, from when the first one has printed something until it has ended. */
  private rival: RunningService | 'to come' | undefined
  private readonly outputs: string[] = []
  private label: string | undefined

  /**
   * `commits`: the commit faults of each of its processes; `clocks`: their wall clocks, one after the other;
   * `clockMs`: by how much that of each later one is off.
   */
  constructor(
    folder: string,
    {
      main,
      args,
      commits = [],
      clocks = [],
      clockMs = 0,
      hasRival = false,
      env = {},
    }: GuardOptions,
  ) {
    this.folder = folder
    this.commits = commits
    this.clocks = [...clocks]
    this.clockMs = clockMs
    this.env = env
    this.hasRival = hasRival
    this.main = main
    this.args = args
  }

  /** The output of its last processes. */
  get output(): string {
    return [...this.outputs, this.service?.lines.join('\n') ?? ''].join('\n--- killed\n')
  }

  get hasEnded(): boolean {
    return this.service?.hasEnded ?? true
  }

  /** Starts it, to be killed where `kill` says. */
  start(kill: Kill | undefined): void {
    this.label = kill?.label
    const isLabelled = kill !== undefined && kill.label !== 'random'
    const clock = this.clocks.shift()
    const steering: Steering = {
      commits: this.commits,
      clockMs: clock?.startMs ?? this.clockMs,
      ...(clock !== undefined && { clockStep: clock.step }),
    }
    this.steered = { ...this.env, [STEERING]: JSON.stringify(steering) }
    const env = {
      ...this.steered,
      ...(isLabelled && { [CRASH_AT]: JSON.stringify(kill) }),
    }
    const service = new RunningService(this.args, { main: this.main, env })
    this.service = service
    this.rival = this.hasRival ? 'to come' : undefined
    if (kill?.label === 'random') setTimeout(() => void service.end('SIGKILL'), kill.afterMs)
  }

  /** Resolves with true once `isDone`, or with false when its process has died. */
  async until(isDone: () => Promise<boolean>): Promise<boolean> {
    let seen = -1
    let pollAt = 0
    for (;;) {
      if (this.hasEnded) {
        await this.endRival()
        this.bury()
        return false
      }
      this.meetRival()
      // Reading the store is expensive: read it only after new output.
      const printed = this.service!.lines.length
      if (printed !== seen || performance.now() > pollAt) {
        seen = printed
        pollAt = performance.now() + LONGEST_POLL_MS
        if (await isDone()) return true
      }
      await sleep(POLL_MS)
    }
  }

  /** Status of the service's answer; 0 where it does not answer, or not yet. */
  async ask(method: string, path: string, body?: unknown): Promise<number> {
    const url = this.service?.lines.map(line => /^positions {2}(\S+)\/api/.exec(line)?.[1])
    const base = url?.find(each => each !== undefined)
    if (base === undefined) return 0
    const headers = { 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(2_000)
    const asked = fetch(`${base}${path}`, {
      method,
      headers,
      signal,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return asked.then(
      ({ status }) => status,
      () => 0,
    )
  }

  /** kill -9, whatever it does. */
  async kill(): Promise<void> {
    const { service } = this
    if (service === undefined || service.hasEnded) return
    this.label = 'idle'
    await service.end('SIGKILL')
    await this.endRival()
    this.bury()
  }

  /** Stops it in order; returns the exit code. */
  async stop(): Promise<number | null> {
    await this.endRival()
    return this.service?.end('SIGTERM') ?? null
  }

  /** Copies everything durable, to be restored later; the guard must not run. */
  save(): void {
    cpSync(join(this.folder, 'data'), join(this.folder, 'saved'), { recursive: true })
  }

  /** Replaces everything durable by the copy. */
  putBack(): void {
    rmSync(join(this.folder, 'data'), { recursive: true, force: true })
    cpSync(join(this.folder, 'saved'), join(this.folder, 'data'), { recursive: true })
  }

  /** Its stored state; empty before there is a store. */
  disk(): Promise<Disk> {
    return readDisk(this.folder)
  }

  /** Starts the second process. @throws Error where it has ended otherwise than by finding the folder owned. */
  private meetRival(): void {
    const { rival, service } = this
    // Its first lines come before it owns the folder.
    const isOwner = service!.lines.some(line => line.startsWith('watchkeeper guards'))
    if (rival === 'to come' && isOwner) {
      this.rival = new RunningService(this.args, { main: this.main, env: this.steered })
    } else if (rival instanceof RunningService && rival.hasEnded) {
      this.rival = undefined
      if (this.hasEnded || rival.lines.some(line => line.includes('STORE_OWNED'))) return
      throw new Error(`a second process has not found its folder owned:\n${rival.lines.join('\n')}`)
    }
  }

  /** Its first process is gone: the second one may have taken over, and is killed as well. */
  private async endRival(): Promise<void> {
    const { rival } = this
    this.rival = undefined
    if (rival instanceof RunningService && !rival.hasEnded) await rival.end('SIGKILL')
  }

  /** Counts a kill. Throws where the process has ended by itself. */
  private bury(): void {
    const { service, label } = this
    if (service?.signal !== 'SIGKILL' || label === undefined) {
      throw new Error(`the guard has ended by itself:\n${this.output}`)
    }
    this.kills.set(label, (this.kills.get(label) ?? 0) + 1)
    this.outputs.push(service.lines.slice(-60).join('\n'))
    if (this.outputs.length > 4) this.outputs.shift()
  }
}
