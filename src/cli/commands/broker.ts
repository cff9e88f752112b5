import { resolve } from 'node:path'
import { UsageError } from '../../errors.ts'
import { ACME, Bench } from '../../plugins/broker-bench.ts'
import { contractOf } from '../../plugins/broker-contract.ts'
import { loadPlugins } from '../../plugins/load.ts'
import { BROKER_ERRORS, textOf, type BrokerPlugin } from '../../plugins/plugin.ts'
import { pluginFrom } from '../../plugins/table.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { Outcome } from '../outcome.ts'
import { countText, paintFor } from '../output.ts'

const EXAMPLES = `
Examples:
  $ watchkeeper broker test ./my-broker.mjs`

/** Longest time of one promise, ms. */
const CASE_MS = 30_000

/** `watchkeeper broker test`: runs the contract of brokers on one of a plugin. */
export const brokerCommand: CommandModule = {
  add(program, context) {
    program
      .command('broker')
      .description('test a broker of your own by the contract that ours keep')
      .addHelpText('after', EXAMPLES)
      .command('test')
      .description('run every promise that its capabilities make, each in an account of its own')
      .argument('<file>', 'the plugin; its testVenue() gives the accounts')
      .addHelpText('after', EXAMPLES)
      .action((file: string) => test(file, context))
  },
}

async function test(file: string, { stdout, env }: CommandContext): Promise<void> {
  const path = resolve(file)
  await loadPlugins([path])
  const plugin = pluginFrom(path)
  if (plugin?.kind !== 'broker' || plugin.testVenue === undefined)
    throw new UsageError(
      `found no testVenue in ${path}, expected a broker with an account to test in`,
    )
  const paint = paintFor(stdout, env)
  const cases = contractOf(plugin.capabilities)
  let failed = 0
  for (const { name, run } of cases) {
    const why = await failure(plugin, run)
    if (why !== undefined) failed++
    stdout.write(
      `${why === undefined ? paint('green', 'kept  ') : paint('red', 'broken')}  ${name}\n`,
    )
    if (why !== undefined) stdout.write(`        ${why.split('\n').join('\n        ')}\n`)
  }
  const kept = `${cases.length - failed} of ${countText(cases.length, 'promise')} kept`
  stdout.write(`${plugin.name}: ${kept}\n`)
  if (failed > 0) throw new Outcome(1)
}

/** Why a promise was broken; undefined: it was kept. */
async function failure(
  { capabilities, testVenue }: BrokerPlugin,
  run: (bench: Bench) => Promise<void>,
): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_done, fail) => {
    const error = new Error(`no end within ${CASE_MS / 1_000} s`)
    timer = setTimeout(() => fail(error), CASE_MS)
  })
  try {
    const venue = await Promise.race([testVenue!(BROKER_ERRORS), late])
    try {
      await Promise.race([venue.price(ACME, 90), late])
      await Promise.race([run(new Bench(venue, capabilities)), late])
    } finally {
      await Promise.race([venue.close(), late])
    }
    return undefined
  } catch (error) {
    return textOf(error)
  } finally {
    clearTimeout(timer)
  }
}
