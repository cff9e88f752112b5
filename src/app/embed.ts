import { Writable } from 'node:stream'
import { accountNames } from '../config/accounts.ts'
import { loadPositions, parsePosition } from '../config/positions-file.ts'
import { InputError, type WatchkeeperError } from '../errors.ts'
import { loadPlugins } from '../plugins/load.ts'
import type { Control } from '../ports/control.ts'
import type { HealthSnapshot } from '../ports/control/health.ts'
import type { AddedView, ChangedView, PositionView } from '../ports/control/positions.ts'
import type { WhyView } from '../ports/control/why.ts'
import { checkConfig } from './config-check.ts'
import { configWithPlugins } from './plugins.ts'
import { Service } from './service.ts'
import { startWarnings } from './start-warnings.ts'
import { version } from './version.ts'

/** How a program embeds the service. */
export interface EmbedOptions {
  /** Path of a configuration, or its settings; default: the built-in defaults (a paper account). */
  readonly config?: string | Readonly<Record<string, unknown>>
  /** Paths of plugins, besides those of the configuration; relative to the working folder. */
  readonly plugins?: readonly string[]
  /** Variables `WATCHKEEPER_…` that win over the configuration; default: those of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Called with each line of the log: a JSON object, unless `log.format` is `text`. Default: no log. */
  readonly onLog?: (line: string) => void
  /** Called once where the service ends by itself, after its orderly stop. */
  readonly onFailure?: (failure: WatchkeeperError) => void
}

/** A running service inside another program. */
export interface RunningWatchkeeper {
  /** Address of the HTTP API and the page. */
  readonly url: string
  /** What was odd about the configuration and its positions, one line each. */
  readonly warnings: readonly string[]
  /** Health as of the last monitoring cycle, or of the last journal line where that is newer. */
  health(): HealthSnapshot
  /** The open positions. */
  positions(): readonly PositionView[]
  /** What each rule of a position would do and why; undefined for an unknown id. */
  why(id: string): WhyView | undefined
  /**
   * Takes a position, in the form of a positions file, under guard. It is durable and guarded when the
   * promise resolves. One that is guarded with the same content is given as it is.
   * @throws InputError; WatchkeeperError with POSITION_EXISTS, EXITS_AT_ONCE and what `POST /api/positions` has.
   */
  guard(position: Readonly<Record<string, unknown>>): Promise<AddedView>
  /**
   * Merges rules into those of a position; they may only tighten. Null takes a rule away.
   * @throws InputError; WatchkeeperError with POSITION_UNKNOWN, EXIT_RUNNING, LOOSENS, EXITS_AT_ONCE.
   */
  changeRules(id: string, rules: Readonly<Record<string, unknown>>): Promise<ChangedView>
  /**
   * Exits a position at market. Resolves when the intent is durable.
   * @throws WatchkeeperError POSITION_UNKNOWN, STORE_FAILED.
   */
  exit(id: string): Promise<PositionView>
  /**
   * Stops guarding a position; the holding at the broker stays.
   * @throws WatchkeeperError POSITION_UNKNOWN, STORE_FAILED.
   */
  release(id: string): Promise<void>
  /** Ends in order: exits in flight may finish within `stop.deadlineMs`. A second call awaits the first. */
  stop(): Promise<void>
}

/** Who changes something, for the journal. */
const BY = { who: 'embedding program', from: 'process' } as const

/**
 * Starts the service inside this process. It installs no signal handler, never calls `process.exit`, and
 * logs to `onLog` alone. One exception: an event loop that stands still for `supervision.exitOnBlockedMs`
 * ends the process, since no position is guarded meanwhile (P4).
 *
 * @throws InputError with every fault of configuration and positions; WatchkeeperError where the start fails.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs'
 * import { startWatchkeeper } from 'watchkeeper'
 *
 * const running = await startWatchkeeper({
 *   config: { dataFolder: mkdtempSync('/tmp/guard-'), http: { port: 0 } },
 * })
 * const guarded = await running.guard({
 *   id: 'btc-1',
 *   instrument: 'BTCUSD',
 *   side: 'long',
 *   quantity: 0.5,
 *   entryPrice: 92_400,
 *   rules: { stopLoss: { pct: 5 } },
 * })
 * guarded.stop // => 87780
 * await running.stop()
 * ```
 */
export async function startWatchkeeper(options: EmbedOptions = {}): Promise<RunningWatchkeeper> {
  const { config: given = {}, plugins = [], env = process.env, onLog } = options
  if (plugins.length > 0) await loadPlugins(plugins)
  const isFile = typeof given === 'string'
  const config = await configWithPlugins({
    file: isFile ? given : undefined,
    settings: isFile ? undefined : given,
    env,
    overrides: { 'log.format': logFormat(given) },
  })
  const source = isFile ? given : undefined
  const odd = checkConfig(config, source)
  const { entries, ruleSets, warnings } = loadPositions({
    positionsFile: config.positions,
    strict: config.strict,
    instruments: config.instruments,
    accounts: accountNames(config),
  })
  const ending = new Ending(options)
  const [service, started] = await Service.start({
    config,
    entries,
    ruleSets,
    fresh: false,
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    version: version(),
    log: { stream: linesTo(onLog), text: line => JSON.stringify(line) },
    onFatal: failure => ending.failed(failure),
  })
  ending.started(service)
  const { noted, refused } = started
  return embedded(service.control, {
    url: started.url,
    warnings: [...odd, ...warnings, ...startWarnings(config, entries), ...noted, ...refused],
    stop: () => ending.stop(),
  })
}

type Own = Pick<RunningWatchkeeper, 'url' | 'warnings' | 'stop'>

function embedded(control: Control, own: Own): RunningWatchkeeper {
  const { instruments, isStrict: strict, ruleSets, accounts } = control
  return {
    ...own,
    health: () => control.health(),
    positions: () => control.positions(),
    why: id => control.why(id),
    async guard(given) {
      const { entries, warnings } = parsePosition('the position', given, {
        strict,
        instruments,
        ruleSets,
        ...(accounts !== undefined && { accounts: [...accounts.keys()] }),
      })
      const { position, rules, filledIn, flags, guardedIn } = entries[0]!
      const request = { position, rules, filledIn, ...flags, warnings }
      const own = guardedIn === undefined ? control : accounts!.get(guardedIn)!
      return (await own.add(request, BY)).added
    },
    changeRules: async (id, rules) => {
      if (typeof rules !== 'object' || rules === null || Array.isArray(rules)) {
        const fault = { path: 'rules', found: typeof rules, expected: 'a map from rule to options' }
        throw new InputError('the rules', [fault])
      }
      return control.changeRules(id, { rules, force: false, exitNow: false }, BY)
    },
    exit: id => control.exit(id, BY),
    release: id => control.release(id, BY),
  }
}

/** The end of an embedded service: asked for, or its own; one orderly stop for both. */
class Ending {
  private readonly options: Pick<EmbedOptions, 'onFailure'>
  private service: Service | undefined
  private failure: WatchkeeperError | undefined
  private stopping: Promise<void> | undefined

  constructor(options: Pick<EmbedOptions, 'onFailure'>) {
    this.options = options
  }

  started(service: Service): void {
    this.service = service
    if (this.failure !== undefined) this.failed(this.failure)
  }

  failed(failure: WatchkeeperError): void {
    this.failure ??= failure
    if (this.service === undefined || this.stopping !== undefined) return
    void this.stop().finally(() => this.options.onFailure?.(failure))
  }

  stop(): Promise<void> {
    const hasFailed = this.failure !== undefined
    this.stopping ??= this.service!.stop({ hasFailed }).then(() => undefined)
    return this.stopping
  }
}

/** A program reads JSON unless its configuration asks for text. */
const logFormat = (given: EmbedOptions['config']): string | undefined =>
  typeof given === 'object' && Object(given['log']).format === undefined ? 'json' : undefined

/** A stream that hands on whole lines. What a sink throws must not end the log. */
function linesTo(sink: EmbedOptions['onLog']): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      try {
        for (const line of String(chunk).split('\n')) if (line !== '') sink?.(line)
      } catch {
        // A line that the program could not take is its own loss.
      }
      done()
    },
  })
}
