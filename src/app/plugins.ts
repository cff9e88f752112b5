import type { ServiceConfig } from '../config/schema.ts'
import { loadServiceConfig, pluginsOf, type ConfigSources } from '../config/service-file.ts'
import { WatchkeeperError, type Fault } from '../errors.ts'
import type { PluginChannels } from '../observability/notify/registry.ts'
import { tickOf } from '../plugins/feed-tick.ts'
import { loadPlugins } from '../plugins/load.ts'
import {
  BROKER_ERRORS,
  schemaOf,
  textOf,
  type FeedDeps,
  type OpenFeed,
  type PluginKind,
} from '../plugins/plugin.ts'
import { namesOf, pluginNamed } from '../plugins/table.ts'
import type { Broker, Capabilities } from '../ports/broker.ts'
import type { OwnedStore } from '../ports/store.ts'

/**
 * Loads the plugins that a configuration names, then reads the configuration: its rules, broker, feed, store
 * and channels may be theirs. Throws WatchkeeperError BAD_PLUGIN, InputError.
 */
export async function configWithPlugins(sources: ConfigSources): Promise<ServiceConfig> {
  await loadPlugins(pluginsOf(sources))
  return loadServiceConfig(sources)
}

type Named = { readonly name: string; readonly options: Readonly<Record<string, unknown>> }
type BrokerConfig = ServiceConfig['broker']
type PluginBroker = Extract<BrokerConfig, { readonly kind: 'plugin' }>

/** What is wrong with the names and options of plugins that a configuration uses. */
export function pluginFaults({ broker, feed, store, notify }: ServiceConfig): Fault[] {
  return [
    ...(broker.kind === 'plugin' ? faultsOf('broker', broker, 'broker') : []),
    ...(feed.kind === 'plugin' ? faultsOf('feed', feed.plugin!, 'feed.plugin') : []),
    ...(store.kind === 'plugin' ? faultsOf('store', store, 'store') : []),
    ...notify.channels.flatMap((each, index) =>
      each.kind === 'plugin' ? faultsOf('channel', each, `notify.channels[${index}]`) : [],
    ),
  ]
}

function faultsOf(kind: PluginKind, { name, options }: Named, path: string): Fault[] {
  const plugin = pluginNamed(kind, name)
  if (plugin === undefined) {
    const known = namesOf(kind)
    const expected =
      known.length === 0 ? `a file in plugins that brings a ${kind}` : `one of ${known.join(', ')}`
    return [{ path: `${path}.name`, found: `the ${kind} ${JSON.stringify(name)}`, expected }]
  }
  const parsed = schemaOf(plugin).safeParse(options)
  if (parsed.success) return []
  return parsed.error.issues.map(({ path: inside, message }) => ({
    path: [`${path}.options`, ...inside.map(String)].join('.'),
    found: 'a value that the plugin refuses',
    expected: message,
  }))
}

/** A plugin of a checked configuration, and its options. */
function chosen<Kind extends Exclude<PluginKind, 'rule'>>(kind: Kind, { name, options }: Named) {
  const plugin = pluginNamed(kind, name)
  if (plugin === undefined) throw new WatchkeeperError('BAD_PLUGIN', `there is no ${kind} ${name}`)
  return { plugin, options: schemaOf(plugin).parse(options) as Readonly<Record<string, unknown>> }
}

/** What the venue of a configured broker can prove; of an unknown plugin nothing. */
export function capabilitiesOf(broker: Exclude<BrokerConfig, { kind: 'paper' }>): Capabilities {
  if (broker.kind !== 'plugin') return broker.capabilities
  return pluginNamed('broker', broker.name)?.capabilities ?? NOTHING
}

const NOTHING: Capabilities = {
  dedupe: 'never',
  lookup: 'none',
  reduceOnly: false,
  holdings: 'net',
  visibilityMs: 5_000,
  clientOrderIdLength: 36,
  styles: ['market'],
  limits: [],
}

/** The broker of a plugin. What it throws when it is opened is its own error, with its name. */
export function pluginBroker(config: PluginBroker): Broker {
  const { plugin, options } = chosen('broker', config)
  return opened(`the broker ${config.name}`, () => plugin.open(options, BROKER_ERRORS))
}

/** The store of a plugin. */
export async function openPluginStore(config: Named, dataFolder: string): Promise<OwnedStore> {
  const { plugin, options } = chosen('store', config)
  try {
    return await plugin.open(options, { dataFolder })
  } catch (error) {
    if (error instanceof WatchkeeperError) throw error
    throw failure(`the store ${config.name}`, error)
  }
}

/** Requests of the channels of plugins. */
export const pluginChannels: PluginChannels = (name, given) => {
  const { plugin, options } = chosen('channel', { name, options: given })
  return alert => plugin.request(alert, options)
}

/** The feed of a plugin, as prices are read from ours. A malformed tick is counted, and left out. */
export function pluginFeed(
  config: Named,
  { onTick, onOddity, wanted, clock }: FeedDeps & { onOddity(): void },
): Required<OpenFeed> & { start(): Promise<void> } {
  const { plugin, options } = chosen('feed', config)
  const take = (given: unknown): void => {
    const tick = tickOf(given)
    if (tick === undefined) onOddity()
    else onTick(tick)
  }
  const feed = opened(`the feed ${config.name}`, () =>
    plugin.open(options, { onTick: take, wanted, clock }),
  )
  return {
    start: async () => {
      await feed.start()
    },
    cycle: () => feed.cycle?.(),
    stop: () => feed.stop(),
  }
}

function opened<Result>(what: string, open: () => Result): Result {
  try {
    return open()
  } catch (error) {
    throw failure(what, error)
  }
}

const failure = (what: string, cause: unknown): WatchkeeperError =>
  new WatchkeeperError('BAD_PLUGIN', `${what} cannot be opened: ${textOf(cause)}`, { cause })
