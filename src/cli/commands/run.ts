import { checkConfig } from '../../app/config-check.ts'
import { configWithPlugins } from '../../app/plugins.ts'
import { Service } from '../../app/service.ts'
import { startWarnings } from '../../app/start-warnings.ts'
import { version } from '../../app/version.ts'
import { accountNames } from '../../config/accounts.ts'
import { loadChaos } from '../../config/chaos-file.ts'
import { loadPositions, type LoadedPositions } from '../../config/positions-file.ts'
import type { ServiceConfig } from '../../config/schema.ts'
import { logFormatOf } from '../../config/service-file.ts'
import type { WatchkeeperError } from '../../errors.ts'
import { boundLookups } from '../../processes/name-lookups.ts'
import { chaosText } from '../chaos-text.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { failureOf } from '../failure.ts'
import { journalText } from '../journal-text.ts'
import { wholeNumber } from '../number-option.ts'
import { Outcome } from '../outcome.ts'
import { paintFor, showTimesIn } from '../output.ts'
import { printStarted, printStopped, printWarnings } from '../run-lines.ts'
import { catchWarnings, runOutput, type RunOutput } from '../run-output.ts'
import { assertStandby, ownedStore } from '../standby-run.ts'
import { endLate, outliveReader, stopOnSignal, stopOnUncaught } from '../stopping.ts'

export interface RunGiven {
  readonly config?: string
  readonly positions?: string
  readonly data?: string
  readonly port?: number
  readonly brokerDelayMs?: number
  readonly fresh: boolean
  readonly chaos?: string
  readonly standby: boolean
  readonly acceptEmptyStore: boolean
  /** Settings that take precedence over the configuration. */
  readonly overrides?: Readonly<Record<string, unknown>>
}

const EXAMPLES = `
Examples:
  $ watchkeeper run
  $ watchkeeper run --fresh
  $ watchkeeper run --config my.yaml --positions positions.yaml --data /var/lib/watchkeeper
  $ watchkeeper run --config my.yaml --standby`

/** `watchkeeper run`: guards the account until a signal stops it. */
export const runCommand: CommandModule = {
  add(program, context) {
    program
      .command('run')
      .description('guard the open positions of an account')
      .option('--config <file>', 'configuration; default: the built-in defaults')
      .option('--positions <file>', 'positions to guard, in place of the configured file')
      .option('--data <folder>', 'where everything durable is kept')
      .option('--broker-delay-ms <ms>', 'time between acting and answering', wholeNumber)
      .option('--port <port>', 'where the API answers; 0: any free one', wholeNumber)
      .option('--fresh', 'forget the account, and start a new one', false)
      .option('--chaos <file>', 'inject faults on purpose, as config/chaos.yaml describes')
      .option('--standby', 'wait while another process guards, and take over when it ends', false)
      .option(
        '--accept-empty-store',
        'go on without the positions of a store that has lost them',
        false,
      )
      .addHelpText('after', EXAMPLES)
      .action((given: RunGiven) => runService(given, context))
  },
}

/** Runs the service, and prints in the format of the log why it could not. */
export async function runService(given: RunGiven, context: CommandContext): Promise<void> {
  const format = logFormatOf(given.config, context.env)
  const output = runOutput(format, context)
  if (format === 'json') catchWarnings(output)
  try {
    await run(given, context, output)
  } catch (error) {
    const { exitCode, failure } = failureOf(error)
    if (format === 'text' || failure === undefined) throw error
    const { code, message } = failure
    output.complain({
      kind: 'service-failed',
      level: 'error',
      detail: { code, message },
      text: () => message,
    })
    throw new Outcome(exitCode)
  }
}

async function run(given: RunGiven, context: CommandContext, output: RunOutput): Promise<void> {
  const { config, entries, ruleSets, chaos } = await read(given, context, output)
  outliveReader()
  boundLookups()
  const clock = { now: () => Date.now(), monotonic: () => performance.now() }
  const acceptsEmptyStore = given.acceptEmptyStore
  const { signal, ended, end } = endingOf(config)
  const store = given.standby
    ? await ownedStore(config, { clock, acceptsEmptyStore, output, signal })
    : undefined
  if (given.standby && store === undefined) return
  stopOnUncaught(error => end(error))
  const paint = paintFor(context.stdout, context.env)
  const running = await unlessStopped(
    Service.start({
      config,
      entries,
      ruleSets,
      chaos,
      fresh: given.fresh,
      store,
      acceptsEmptyStore,
      clock,
      version: version(),
      signal,
      log: { stream: process.stdout, text: line => journalText(line, paint) },
      onFatal: error => end(error),
      onWait: once(({ message }) => {
        const text = (): string => `waiting: ${message}`
        output.say({ kind: 'service-waiting', detail: { why: message }, text })
      }),
    }),
  )
  if (running === undefined) return printStopped(output)
  const [service, started] = running
  const isObserving = config.mode === 'observe'
  printStarted(started, { output, isObserving, isChaosOn: chaos !== undefined })
  await stopped(service, await ended, output)
}

interface RunInput extends Pick<LoadedPositions, 'entries' | 'ruleSets'> {
  readonly config: ServiceConfig
  readonly chaos: ReturnType<typeof loadChaos> | undefined
}

/**
 * Reads and validates the files of the command line.
 *
 * @throws InputError with every fault of a file.
 */
async function read(
  given: RunGiven,
  { env, zone }: CommandContext,
  output: RunOutput,
): Promise<RunInput> {
  const config = await configWithPlugins({
    file: given.config,
    env,
    overrides: {
      positions: given.positions,
      dataFolder: given.data,
      'http.port': given.port,
      'display.timezone': zone,
      'broker.delayMs': given.brokerDelayMs,
      ...given.overrides,
    },
  })
  showTimesIn(config.display.timezone)
  assertStandby(given, config)
  checkConfig(config, given.config)
  const { entries, ruleSets, warnings } = loadPositions({
    positionsFile: config.positions,
    strict: config.strict,
    instruments: config.instruments,
    accounts: accountNames(config),
  })
  const chaos = given.chaos === undefined ? undefined : loadChaos(given.chaos, namesIn(entries))
  printWarnings([...warnings, ...startWarnings(config, entries)], output)
  return { config, entries, ruleSets, chaos }
}

/** The end of a run: `end` starts it, `ended` resolves with its failure, if any. */
interface Ending {
  readonly signal: AbortSignal
  readonly ended: Promise<WatchkeeperError | undefined>
  end(failure: WatchkeeperError | undefined): void
}

/** Ends the run at a signal of the process; aborts pending waits. */
function endingOf({ stop: { deadlineMs } }: ServiceConfig): Ending {
  const stop = new AbortController()
  let settle: (failure: WatchkeeperError | undefined) => void = () => undefined
  const ended = new Promise<WatchkeeperError | undefined>(resolve => (settle = resolve))
  const end = (failure: WatchkeeperError | undefined): void => {
    endLate(deadlineMs)
    settle(failure)
  }
  stopOnSignal(() => {
    stop.abort()
    end(undefined)
  })
  return { signal: stop.signal, ended, end }
}

/** Stops the service in order. Throws the failure that ended it. */
async function stopped(
  service: Service,
  failure: WatchkeeperError | undefined,
  output: RunOutput,
): Promise<void> {
  output.say({
    kind: 'service-stopping',
    text: () => 'stopping: nothing new is sent, exits in flight may finish',
  })
  const summary = await service.stop({ hasFailed: failure !== undefined })
  if (summary !== undefined) {
    output.say({ kind: 'chaos-summary', detail: { ...summary }, text: () => chaosText(summary) })
  }
  if (failure !== undefined) throw failure
  printStopped(output)
}

/** The result of a start; undefined when it was aborted while waiting. */
async function unlessStopped<Given>(start: Promise<Given>): Promise<Given | undefined> {
  try {
    return await start
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined
    throw error
  }
}

/** What a chaos file may name. */
const namesIn = (entries: LoadedPositions['entries']) => ({
  positions: entries.map(({ position }) => position.id),
  instruments: [...new Set(entries.map(({ position }) => position.instrument))],
})

/** Accepts only the first value that it gets. */
function once<Given>(act: (given: Given) => void): (given: Given) => void {
  let isFirst = true
  return given => {
    if (isFirst) act(given)
    isFirst = false
  }
}
