import { InvalidArgumentError } from 'commander'
import { loadChaos } from '../../config/chaos-file.ts'
import { loadPositions, type LoadedPositions } from '../../config/positions-file.ts'
import type { ServiceConfig } from '../../config/schema.ts'
import { loadServiceConfig } from '../../config/service-file.ts'
import { type Fault, InputError, WatchkeeperError } from '../../errors.ts'
import type { OwnedStore } from '../../ports/store.ts'
import { Service } from '../../system/service.ts'
import { standBy, type StandbyOptions } from '../../system/standby.ts'
import { version } from '../../system/version.ts'
import { chaosText } from '../chaos-text.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { journalText } from '../journal-text.ts'
import { paintFor } from '../output.ts'
import { startText } from '../start-text.ts'

interface Given {
  readonly config: string
  readonly positions?: string
  readonly data?: string
  readonly port?: number
  readonly brokerDelayMs?: number
  readonly fresh: boolean
  readonly chaos?: string
  readonly standby: boolean
  readonly acceptEmptyStore: boolean
}

const EXAMPLES = `
Examples:
  $ watchkeeper run
  $ watchkeeper run --fresh
  $ watchkeeper run --config my.yaml --positions positions.yaml --data /var/lib/watchkeeper
  $ watchkeeper run --config my.yaml --standby`

function wholeNumber(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text)) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

/** `watchkeeper run`: guards the account until it is told to stop. */
export const runCommand: CommandModule = {
  add(program, context) {
    program
      .command('run')
      .description('guard the open positions of an account')
      .option('--config <file>', 'configuration', 'config/default.yaml')
      .option('--positions <file>', 'positions to guard, in place of the configured file')
      .option('--data <folder>', 'where everything durable is kept')
      .option('--broker-delay-ms <ms>', 'time between acting and answering', wholeNumber)
      .option('--port <port>', 'where the API answers; 0: any free one', wholeNumber)
      .option('--fresh', 'forget the account, and start a new one', false)
      .option('--chaos <file>', 'let things go wrong on purpose, as config/chaos.yaml does')
      .option('--standby', 'wait while another process guards, and take over when it ends', false)
      .option(
        '--accept-empty-store',
        'go on without the positions of a store that has lost them',
        false,
      )
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => run(given, context))
  },
}

async function run(given: Given, { stdout, stderr, env }: CommandContext): Promise<void> {
  const config = loadServiceConfig({
    file: given.config,
    env,
    overrides: {
      positions: given.positions,
      dataFolder: given.data,
      'http.port': given.port,
      'broker.delayMs': given.brokerDelayMs,
    },
  })
  assertStandby(given, config)
  const loaded = loadPositions({
    positionsFile: config.positions,
    strict: config.strict,
    instruments: config.instruments,
  })
  const chaos =
    given.chaos === undefined ? undefined : loadChaos(given.chaos, namesIn(loaded.entries))
  const paint = paintFor(stdout, env)
  const warn = paintFor(stderr, env)
  for (const warning of loaded.warnings.slice(0, MOST_WARNINGS)) {
    stderr.write(`${warn('yellow', 'warning')}: ${warning}\n`)
  }
  if (loaded.warnings.length > MOST_WARNINGS) {
    const more = loaded.warnings.length - MOST_WARNINGS
    stderr.write(`${warn('yellow', 'warning')}: ${more} more, which watchkeeper check shows\n`)
  }
  outliveReader()
  const clock = { now: () => Date.now(), monotonic: () => performance.now() }
  const acceptsEmptyStore = given.acceptEmptyStore
  const store = given.standby
    ? await waited(config, { clock, acceptsEmptyStore, stdout })
    : undefined
  if (given.standby && store === undefined) return
  let end: (failure: WatchkeeperError | undefined) => void = () => undefined
  const ended = new Promise<WatchkeeperError | undefined>(resolve => (end = resolve))
  stopOnSignal(() => end(undefined))
  stopOnUncaught(error => end(error))
  const [service, started] = await Service.start({
    config,
    ...{ entries: loaded.entries, chaos },
    ...{ fresh: given.fresh, store, acceptsEmptyStore, clock, version: version() },
    log: { stream: process.stdout, text: line => journalText(line, paint) },
    onFatal: error => end(error),
    onWait: once(({ message }) => stdout.write(`waiting: ${message}\n`)),
  })
  stdout.write(
    `${startText(started, { isObserving: config.mode === 'observe', isChaosOn: chaos !== undefined }, paint)}\n`,
  )
  const failure = await ended
  stdout.write('stopping: nothing new is sent, exits in flight may finish\n')
  const summary = await service.stop()
  if (summary !== undefined) stdout.write(`${chaosText(summary)}\n`)
  if (failure !== undefined) throw failure
  stdout.write('stopped\n')
}

/** Only a lease says when another process may take over. */
function assertStandby({ standby, config: file, fresh }: Given, { store }: ServiceConfig): void {
  const faults: Fault[] = []
  const isLease = store.kind === 'redis' && store.exclusive === 'lease'
  if (standby && !isLease) {
    const found = store.kind === 'redis' ? 'store.exclusive solo' : `store.kind ${store.kind}`
    const expected = 'store.kind redis with store.exclusive lease'
    faults.push({ path: '--standby', found: `it with ${found}`, expected })
  }
  if (standby && fresh) {
    faults.push({ path: '--standby', found: 'it with --fresh', expected: 'one of them' })
  }
  if (faults.length > 0) throw new InputError(file, faults)
}

/** Waits for the store; undefined when it was told to stop before. */
async function waited(
  config: ServiceConfig,
  given: Pick<StandbyOptions, 'clock' | 'acceptsEmptyStore'> & Pick<CommandContext, 'stdout'>,
): Promise<OwnedStore | undefined> {
  const { stdout, ...options } = given
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  for (const signal of STOP_SIGNALS) process.once(signal, abort)
  let told = 0
  const store = await standBy({
    ...{ ...options, config, version: version(), signal: stop.signal },
    onWait: ({ message }, url) => {
      stdout.write(`standby: guards nothing, ${message}\n`)
      if (told++ === 0) stdout.write(`health     ${url}/health\n`)
    },
  })
  for (const signal of STOP_SIGNALS) process.removeListener(signal, abort)
  stdout.write(store === undefined ? 'stopped\n' : 'standby: the store is ours now\n')
  return store
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** The first signal asks for an orderly stop, the second one ends at once. */
function stopOnSignal(stop: () => void): void {
  for (const signal of STOP_SIGNALS) {
    let firstAt: number | undefined
    const heard = (): void => {
      firstAt ??= performance.now()
      if (performance.now() - firstAt < SAME_SIGNAL_MS) return stop()
      // The signal's own end: an exit would wait for threads of the store that are in mid-write.
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    }
    process.on(signal, heard)
  }
}

/** Whoever signals a group of processes may reach this one twice, directly and through its parent. */
const SAME_SIGNAL_MS = 300

/** A report may end with its reader; a service goes on guarding when nobody reads its lines. */
function outliveReader(): void {
  process.stdout.removeAllListeners('error')
  process.stdout.on('error', () => undefined)
}

/** What nobody caught leaves nobody in charge: an orderly stop is tried once, then the process ends. */
function stopOnUncaught(stop: (error: WatchkeeperError) => void): void {
  let isFirst = true
  process.on('uncaughtException', (cause: unknown) => {
    const text = cause instanceof Error ? cause.message : String(cause)
    const error = new WatchkeeperError('UNCAUGHT', text, { cause })
    if (!isFirst) process.exit(1)
    isFirst = false
    setTimeout(() => process.exit(1), LAST_MS).unref()
    stop(error)
  })
}

/** Longest time that an orderly stop may take after something nobody caught, ms. */
const LAST_MS = 5_000

/** What a chaos file may name. */
const namesIn = (entries: LoadedPositions['entries']) => ({
  positions: entries.map(({ position }) => position.id),
  instruments: [...new Set(entries.map(({ position }) => position.instrument))],
})

/** Takes the first alone of what it is given. */
function once<Given>(act: (given: Given) => void): (given: Given) => void {
  let isFirst = true
  return given => {
    if (isFirst) act(given)
    isFirst = false
  }
}

const MOST_WARNINGS = 5
