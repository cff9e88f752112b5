import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { running } from '../compiled.ts'
import { until } from '../until.ts'
import { ROOT, type Block, type Example } from './blocks.ts'
import { isAsShown } from './outputs.ts'
import { runLine, type Ended } from './shell.ts'

/** What examples need that their page does not name. */
export interface Surroundings {
  /** Ports that the page names, and those that stand for them here. */
  readonly ports: Readonly<Record<string, number>>
}

/** Folders of a clone that a fresh clone lacks. */
const NOT_FRESH = new Set(['.git', 'data', 'dist', 'coverage'])

/** The port of a service where no other is given. */
const DEFAULT_PORT = '8080'

/**
 * Prices stay at the first ones: the same seed then shows the same levels. A busy machine causes no
 * difference.
 */
const STEADY = {
  WATCHKEEPER_FEED_INTERVAL__MS: '86400000',
  WATCHKEEPER_HEALTH_STALE__MS: '86400000',
  WATCHKEEPER_HEALTH_SLOW__LOOP__MS: '86400000',
}

/** Commands that only read: they are asked again until an act before them shows. */
const READS =
  /^(?:watchkeeper (?:status|positions|kill-switch|gateway|supervision|portfolio)$|watchkeeper (?:positions list|why|journal) |curl (?!.*-X))/s
const PATIENCE_MS = 5_000

/** A reader's terminal: a fresh clone, and what the page has started in it. */
export class PageSession {
  readonly folder = mkdtempSync(join(tmpdir(), 'watchkeeper-page-'))
  private readonly services: { readonly line: string; readonly child: ChildProcess }[] = []
  private readonly ports = new Map<string, number>()

  constructor({ ports }: Surroundings) {
    for (const name of readdirSync(ROOT))
      if (!NOT_FRESH.has(name)) symlinkSync(join(ROOT, name), join(this.folder, name))
    for (const folder of ['lib', 'backups'])
      mkdirSync(join(this.folder, 'var', folder), { recursive: true })
    for (const [shown, port] of Object.entries(ports)) this.ports.set(shown, port)
  }

  /** Saves a block that is a file. */
  save({ file, text }: Block): void {
    writeFileSync(join(this.folder, file!), `${this.here(text)}\n`)
  }

  /** Runs an example. Returns the difference from the page; undefined where there is none. */
  async differenceOf(
    { command, output }: Example,
    isMeasured: boolean,
  ): Promise<string | undefined> {
    if (this.showsFile(command, output)) return undefined
    const line = this.here(command)
    const end = performance.now() + PATIENCE_MS
    for (;;) {
      const ended = STARTS.test(line)
        ? await this.start(line, output)
        : await runLine(line, { folder: this.folder, env: this.environment() })
      const difference = this.compared(ended, output, isMeasured)
      const isOver = !READS.test(line) || performance.now() > end || this.services.length === 0
      if (difference === undefined || isOver) return difference
      await new Promise(done => setTimeout(done, 50))
    }
  }

  /** Ends every service in order, the newest first. */
  async stop(): Promise<void> {
    for (const { child } of this.services.toReversed()) await endOf(child, 'SIGTERM')
  }

  /** Starts the newest service again as it was started. */
  async startAgain(): Promise<void> {
    await this.start(this.services.at(-1)!.line, undefined)
  }

  async end(): Promise<void> {
    await Promise.all(this.services.map(({ child }) => endOf(child, 'SIGKILL')))
    rmSync(this.folder, { recursive: true, force: true })
  }

  private compared(
    { code, stdout, terminal }: Ended,
    output: string | undefined,
    isMeasured: boolean,
  ): string | undefined {
    const now = Date.now()
    const shown = [stdout, terminal].map(text => this.asShown(text))
    if (output === undefined) return code === 0 ? undefined : `ended with ${code}:\n${shown[1]}`
    const isRight = shown.some(text => isAsShown(output, text, { isMeasured, now }))
    return isRight ? undefined : `the page shows:\n${output}\n\nthe program says:\n${shown[1]}`
  }

  /** A file that a page shows with `cat` is one that the reader has. */
  private showsFile(command: string, output: string | undefined): boolean {
    const [, numbered, name] = /^cat (-n )?(\S+)$/.exec(command) ?? []
    if (name === undefined || existsSync(join(this.folder, name))) return false
    const text = numbered === undefined ? output! : output!.replace(/^ *\d+\t/gm, '')
    writeFileSync(join(this.folder, name), `${text}\n`)
    return true
  }

  private environment(): NodeJS.ProcessEnv {
    const port = this.ports.get(DEFAULT_PORT)
    return port === undefined ? {} : { WATCHKEEPER_URL: `http://127.0.0.1:${port}` }
  }

  /** A text of the page with the folders and ports of this place. */
  private here(text: string): string {
    let here = text.replaceAll(/(?<![\w.])\/var\//g, `${this.folder}/var/`)
    for (const [shown, port] of this.ports) {
      here = here.replaceAll(
        new RegExp(`(?<=localhost:|127\\.0\\.0\\.1:)${shown}\\b`, 'g'),
        `${port}`,
      )
    }
    return here
  }

  private asShown(text: string): string {
    let shown = text.replaceAll(this.folder, '')
    for (const [port, there] of this.ports) shown = shown.replaceAll(`:${there}`, `:${port}`)
    return shown
  }

  /** Starts what does not end by itself, and waits until it has printed what the page shows. */
  private async start(line: string, output: string | undefined): Promise<Ended> {
    const program = line
      .replace('npm start', 'watchkeeper run --config config/default.yaml')
      .replace('watchkeeper run', `node ${running('src/cli/main.ts').join(' ')} run`)
      // A port stands for a free one.
      .replace(/(_PORT=|"port": |--port )\d+/, '$10')
    const { PATH } = process.env
    const child = spawn(
      'bash',
      ['--norc', '-c', program.replace(/(?<=^|[^=\w] |\w )node /, 'exec node ')],
      {
        cwd: this.folder,
        env: { PATH, ...this.environment(), WATCHKEEPER_HTTP_PORT: '0', ...STEADY },
      },
    )
    this.services.push({ line, child })
    let [stdout, terminal] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      terminal += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (terminal += text))
    await until(() => READY.test(terminal) || child.exitCode !== null)
    const [, port] = READY.exec(terminal) ?? []
    if (port !== undefined)
      this.ports.set(/(?:"port": |--port )(\d+)/.exec(line)?.[1] ?? DEFAULT_PORT, +port)
    const code = child.exitCode ?? 0
    await until(
      () => this.compared({ code, stdout, terminal }, output, false) === undefined || code !== 0,
    ).catch(() => {})
    return { code, stdout, terminal }
  }
}

/** A program that runs until it is stopped. */
const STARTS = /^(?:\w+=\S+ )*(?:watchkeeper run|npm start|node --import tsx)\b/
/** The line after which it accepts requests, with its port. */
const READY = /^(?:health +http:\/\/127\.0\.0\.1:(\d+)|\{"port":(\d+)|standby: )/m

async function endOf(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill(signal)
  await closed
}
