import { writeFileSync } from 'node:fs'
import { assertCanWrite } from '../../disk/folder.ts'
import { VENUE_KINDS } from '../../domain/venue-kind.ts'
import { UsageError } from '../../errors.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { confirm } from '../confirm.ts'
import { withFormat, type Formatted } from '../connection.ts'
import { positiveNumber } from '../number-option.ts'
import { reportText } from '../venue-text.ts'

interface Given extends Formatted {
  readonly config: string
  readonly instrument?: string
  readonly orders: number
  readonly output: string
  readonly yes: boolean
  readonly checkOrder: boolean
}

/** An instrument that every account of a venue may trade. */
const USUAL = { binance: 'BTCUSDT', bybit: 'BTCUSDT', okx: 'BTC-USDT-SWAP' } as const

const EXAMPLES = `
On a test network it buys and sells the smallest quantity of an instrument that the account does not
hold. A live account is only read; --check-order has the venue check the smallest order, which it does
not place. The report is used where the configuration names it: broker.report.

Examples:
  $ watchkeeper venue test --config watchkeeper.yaml
  $ watchkeeper venue test --config watchkeeper.yaml --check-order
  $ watchkeeper venue test --config watchkeeper.yaml --instrument ETHUSDT --orders 1000 --yes`

/** `watchkeeper venue test`: measures at an account what decides the promises. */
export const venueCommand: CommandModule = {
  add(program, context) {
    const testing = program
      .command('venue')
      .description('measure what an account at a venue proves')
      .addHelpText('after', EXAMPLES)
      .command('test')
      .description('measure what decides the promises, with your own key on a test network')
    withFormat(testing)
      .requiredOption('--config <file>', 'configuration of the account')
      .option('--instrument <name>', 'what is bought and sold; default: the contract on bitcoin')
      .option('--orders <count>', 'orders whose visibility is measured', positiveNumber, 20)
      .option('--output <file>', 'where the report is written', 'venue-report.json')
      .option('--check-order', 'have the venue check an order that it does not place', false)
      .option('--yes', 'send orders without asking', false)
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => test(given, context))
  },
}

async function test(given: Given, context: CommandContext): Promise<void> {
  const { loadServiceConfig } = await import('../../config/service-file.ts')
  const { guessAt, isNameAt, isVenue } = await import('../../app/venue-start.ts')
  const { testVenue } = await import('../../app/venue-test.ts')
  const { stdout, stderr, env } = context
  const { broker } = loadServiceConfig({ file: given.config, env, overrides: {} })
  if (!isVenue(broker))
    throw new UsageError(
      `found broker.kind ${broker.kind}, expected one of ${VENUE_KINDS.join(', ')}`,
    )
  const instrument = given.instrument ?? USUAL[broker.kind]
  if (!isNameAt(broker.kind, instrument)) {
    const found = `found the instrument ${instrument}, expected a name of ${broker.kind}`
    throw new UsageError(`${found}${guessAt(broker.kind, instrument)}`)
  }
  assertWritable(given.output)
  if (broker.environment !== 'live' && !given.yes) {
    const what = `${given.orders} and some more orders of ${instrument} are sent to ${broker.kind} ${broker.environment}.`
    await confirm(context, what)
  }
  const report = await testVenue(broker, {
    instrument,
    orders: given.orders,
    checksOrder: given.checkOrder,
    onStep: line => void (given.format === 'json' ? stderr : stdout).write(`${line}\n`),
  })
  writeFileSync(given.output, `${JSON.stringify(report, undefined, 2)}\n`)
  if (given.format === 'json') {
    stdout.write(`${JSON.stringify(report)}\n`)
    return
  }
  for (const line of reportText(report)) stdout.write(`${line}\n`)
  stdout.write(`written      ${given.output}; used with broker.report: ${given.output}\n`)
}

/** @throws UsageError where no file can be written: after the orders it would be too late to say so. */
function assertWritable(file: string): void {
  try {
    assertCanWrite(file)
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message
    const text = `found --output ${file}, expected a file that can be written (${why})`
    throw Object.assign(new UsageError(text), { cause })
  }
}
