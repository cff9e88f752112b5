import { resolve } from 'node:path'
import { stringify } from 'yaml'
import {
  checkBroker,
  faultOfUrl,
  isInTheClear,
  shownCapabilities,
  tokenSource,
  type BrokerCheckOptions,
  type TokenSource,
} from '../../app/broker-check.ts'
import { onOneLine } from '../../domain/plain-text.ts'
import { UsageError } from '../../errors.ts'
import { loadPlugins } from '../../plugins/load.ts'
import { pluginFrom } from '../../plugins/table.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { withFormat, type Formatted } from '../connection.ts'
import { Outcome } from '../outcome.ts'
import { paintFor } from '../output.ts'
import { runContract } from '../plugin-cases.ts'

const EXAMPLES = `
Examples:
  $ watchkeeper broker test ./my-broker.mjs
  $ watchkeeper broker check http://127.0.0.1:9000 --token-file bridge.token
  $ watchkeeper broker check http://127.0.0.1:9000 --trade BTCUSD --quantity 0.1`

/** `watchkeeper broker test`: runs the contract of brokers on one of a plugin. */
export const brokerCommand: CommandModule = {
  add(program, context) {
    const broker = program
      .command('broker')
      .description('test a broker of your own by the contract that ours keep')
      .addHelpText('after', EXAMPLES)
    const checking = broker
      .command('check')
      .description('try a REST broker, and print the capabilities to claim')
      .argument('<url>', 'its address')
    withFormat(checking)
      .option('--token-file <file>', 'file with its token (or WATCHKEEPER_BROKER_TOKEN)')
      .option('--plain-http', 'the token may be read on the way to another machine', false)
      .option('--trade <instrument>', 'close this holding of an account without real money')
      .option('--quantity <units>', 'units of the first order; twice as many must be held')
      .addHelpText('after', EXAMPLES)
      .action((url: string, given: CheckGiven) => check(url, given, context))
    const testing = broker
      .command('test')
      .description('run every promise that its capabilities make, each in an account of its own')
      .argument('<file>', 'the plugin; its testVenue() gives the accounts')
    withFormat(testing)
      .addHelpText('after', EXAMPLES)
      .action((file: string, given: Formatted) => test(file, given, context))
  },
}

interface CheckGiven extends Formatted {
  readonly tokenFile?: string
  readonly plainHttp: boolean
  readonly trade?: string
  readonly quantity?: string
}

const MARKS = { kept: 'kept      ', broken: 'broken    ', 'not tried': 'not tried ' } as const
const COLOURS = { kept: 'green', broken: 'red', 'not tried': 'yellow' } as const

async function check(url: string, given: CheckGiven, context: CommandContext): Promise<void> {
  const { stdout, env } = context
  const paint = paintFor(stdout, env)
  assertAddress(url, given)
  const { steps, capabilities, stream } = await checkBroker({
    url,
    token: tokenOf(given, context),
    trade: tradeOf(given),
  })
  if (given.format === 'json') {
    for (const step of steps) stdout.write(`${JSON.stringify({ type: 'step', ...step })}\n`)
    const summary = { type: 'summary', stream, capabilities: shownCapabilities(capabilities) }
    stdout.write(`${JSON.stringify(summary)}\n`)
    if (steps.some(({ outcome }) => outcome === 'broken')) throw new Outcome(1)
    return
  }
  for (const { name, outcome, seen } of steps) {
    stdout.write(`${paint(COLOURS[outcome], MARKS[outcome])}${name}: ${onOneLine(seen)}\n`)
  }
  const { tokenFile } = given
  const section = {
    kind: 'http',
    url,
    ...(isInTheClear(url) && { plainHttp: true }),
    ...(tokenFile !== undefined && { tokenFile: resolve(tokenFile) }),
    ...(stream && { stream }),
    capabilities: shownCapabilities(capabilities),
  }
  stdout.write(`\n${stringify({ broker: section })}`)
  if (steps.some(({ outcome }) => outcome === 'broken')) throw new Outcome(1)
}

/** @throws UsageError for an address that is none, or to which the token would travel in the clear. */
function assertAddress(url: string, { plainHttp }: CheckGiven): void {
  const fault = faultOfUrl(url)
  if (fault !== undefined) throw new UsageError(`expected ${fault}`)
  if (plainHttp || !isInTheClear(url)) return
  throw new UsageError(
    `found ${url}, expected https, or --plain-http: the token can be read on the way`,
  )
}

function tokenOf({ tokenFile }: CheckGiven, { env }: CommandContext): TokenSource {
  const token = env['WATCHKEEPER_BROKER_TOKEN'] || undefined
  if (tokenFile !== undefined) return tokenSource({ tokenFile: resolve(tokenFile) })
  if (token !== undefined) return tokenSource({ token })
  throw new UsageError('found no token, expected --token-file or WATCHKEEPER_BROKER_TOKEN')
}

function tradeOf({ trade, quantity }: CheckGiven): BrokerCheckOptions['trade'] {
  if (trade === undefined && quantity !== undefined)
    throw new UsageError('found --quantity without --trade, which names what is closed')
  if (trade === undefined) return undefined
  const units = Number(quantity)
  if (!(units > 0) || !Number.isFinite(units)) {
    throw new UsageError(`found --quantity ${quantity ?? 'nothing'}, expected units above 0`)
  }
  return { instrument: trade, quantity: units }
}

async function test(file: string, { format }: Formatted, context: CommandContext): Promise<void> {
  const path = resolve(file)
  await loadPlugins([path])
  const plugin = pluginFrom(path)
  if (plugin?.kind !== 'broker') throw new UsageError(`found no broker in ${path}`)
  await runContract(plugin, { path, format }, context)
}
