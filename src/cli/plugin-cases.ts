import { UsageError } from '../errors.ts'
import { ACME, Bench } from '../plugins/broker-bench.ts'
import { contractOf } from '../plugins/broker-contract.ts'
import { CHANNEL_CASES, runChannelCase } from '../plugins/channel-contract.ts'
import { FEED_CASES, runFeedCase } from '../plugins/feed-contract.ts'
import { BROKER_ERRORS, textOf, type BrokerPlugin, type Plugin } from '../plugins/plugin.ts'
import { runStoreCase, STORE_CASES } from '../plugins/store-contract.ts'
import type { CommandContext } from './command.ts'
import type { Formatted } from './connection.ts'
import { Outcome } from './outcome.ts'
import { countText, paintFor } from './output.ts'

/** Longest time of one promise, ms. */
const CASE_MS = 30_000

interface Case {
  readonly name: string
  /** Throws where the promise is broken. */
  run(): Promise<void>
}

/** A plugin whose kind has a contract; rules have property tests. */
export type Contracted = Exclude<Plugin, { readonly kind: 'rule' }>

/**
 * Runs every promise of a plugin's kind, each in a place of its own, and prints which are kept.
 *
 * @throws UsageError where the plugin has nothing to be tested with; Outcome 1 where a promise is broken.
 */
export async function runContract(
  plugin: Contracted,
  { path, format }: Formatted & { readonly path: string },
  { stdout, env }: CommandContext,
): Promise<void> {
  const paint = paintFor(stdout, env)
  const cases = casesOf(plugin, path)
  let failed = 0
  for (const each of cases) {
    const why = await failure(each)
    if (why !== undefined) failed++
    if (format === 'json') {
      const line = { type: 'promise', name: each.name, kept: why === undefined, why }
      stdout.write(`${JSON.stringify(line)}\n`)
      continue
    }
    const mark = why === undefined ? paint('green', 'kept  ') : paint('red', 'broken')
    stdout.write(`${mark}  ${each.name}\n`)
    if (why !== undefined) stdout.write(`        ${why.split('\n').join('\n        ')}\n`)
  }
  const kept = cases.length - failed
  const count = { kept, promises: cases.length }
  stdout.write(
    format === 'json'
      ? `${JSON.stringify({ type: 'summary', [plugin.kind]: plugin.name, ...count })}\n`
      : `${plugin.name}: ${kept} of ${countText(cases.length, 'promise')} kept\n`,
  )
  if (failed > 0) throw new Outcome(1)
}

function casesOf(plugin: Contracted, path: string): readonly Case[] {
  switch (plugin.kind) {
    case 'broker':
      assertThere(
        plugin.testVenue,
        'testVenue',
        `${path}, expected a broker with an account to test in`,
      )
      return contractOf(plugin.capabilities).map(({ name, run }) => ({
        name,
        run: () => atVenue(plugin, run),
      }))
    case 'feed':
      assertThere(
        plugin.testSource,
        'testSource',
        `${path}, expected a feed with a source to test with`,
      )
      return FEED_CASES.map(each => ({ name: each.name, run: () => runFeedCase(each, plugin) }))
    case 'store': {
      const { testPlace } = plugin
      assertThere(
        testPlace,
        'testPlace',
        `${path}, expected a store with an empty place to test in`,
      )
      return STORE_CASES.map(each => ({
        name: each.name,
        run: async () => runStoreCase(each, await plugin.testPlace!()),
      }))
    }
    case 'channel':
      return CHANNEL_CASES.map(each => ({
        name: each.name,
        run: async () => runChannelCase(each, plugin),
      }))
  }
}

function assertThere(given: unknown, name: string, rest: string): void {
  if (given === undefined) throw new UsageError(`found no ${name} in ${rest}`)
}

async function atVenue(
  { capabilities, testVenue }: BrokerPlugin,
  run: (bench: Bench) => Promise<void>,
): Promise<void> {
  const venue = await testVenue!(BROKER_ERRORS)
  try {
    await venue.price(ACME, 90)
    await run(new Bench(venue, capabilities))
  } finally {
    await venue.close()
  }
}

/** Why a promise was broken; undefined: it was kept. */
async function failure({ run }: Case): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_done, fail) => {
    const error = new Error(`no end within ${CASE_MS / 1_000} s`)
    timer = setTimeout(() => fail(error), CASE_MS)
  })
  try {
    await Promise.race([run(), late])
    return undefined
  } catch (error) {
    return textOf(error)
  } finally {
    clearTimeout(timer)
  }
}
