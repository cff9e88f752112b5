import { z } from 'zod'
import type { Position } from '../domain/position.ts'
import type { Tick } from '../domain/tick.ts'
import { NotSent, OutcomeUnknown, RateLimited, Unauthorized, WatchkeeperError } from '../errors.ts'
import type { Alert } from '../observability/notify/channel.ts'
import type { HttpRequest as AlertRequest } from '../observability/notify/delivery.ts'
import type { Broker, Capabilities } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { OwnedStore } from '../ports/store.ts'
import type { Levels } from '../risk/rule.ts'
import type { BrokerAtVenue } from './broker-venue.ts'
import type { StorePlace } from './store-case.ts'

/** Options of a plugin: a zod schema, or a function that makes one, so that a file needs no import. */
export type PluginOptions<Options> = z.ZodType<Options> | ((zod: typeof z) => z.ZodType<Options>)

interface Named<Kind extends string, Options> {
  readonly kind: Kind
  /** Its name in the configuration: letters and digits, the first one a small letter. */
  readonly name: string
  /** Default: it takes no option. */
  readonly options?: PluginOptions<Options>
}

/**
 * A rule of your own: the levels of a position, from its best price so far and the time alone. The same
 * question has the same answer, always; a stop never loosens while the best price improves.
 *
 * @example
 * ```ts
 * import type { RulePlugin } from 'watchkeeper'
 *
 * const giveBack: RulePlugin<{ points: number }> = {
 *   kind: 'rule',
 *   name: 'giveBack',
 *   options: z => z.strictObject({ points: z.number().positive() }),
 *   examples: [{ points: 5 }],
 *   arm: ({ side }, best, _now, { points }) => ({ stop: side === 'long' ? best - points : best + points }),
 * }
 * giveBack.kind // => 'rule'
 * ```
 */
export interface RulePlugin<Options = Readonly<Record<string, unknown>>> extends Named<
  'rule',
  Options
> {
  /** One sentence for people. */
  readonly summary?: string
  /** Options that the property tests run with; default: none, which must then do. */
  readonly examples?: readonly Options[]
  /** Levels of a position whose best price so far is `best`, at `now` (epoch ms). */
  arm(position: Position, best: number, now: number, options: Options): Levels
}

/** The errors that say what became of a call: a plugin throws these, and needs no import for it. */
export interface BrokerErrors {
  readonly NotSent: typeof NotSent
  readonly RateLimited: typeof RateLimited
  readonly Unauthorized: typeof Unauthorized
  readonly OutcomeUnknown: typeof OutcomeUnknown
}

/** The same for every broker of a plugin. */
export const BROKER_ERRORS: BrokerErrors = { NotSent, RateLimited, Unauthorized, OutcomeUnknown }

/** A broker of your own. What its venue can prove decides how exits are followed: docs/brokers.md. */
export interface BrokerPlugin<Options = Readonly<Record<string, unknown>>> extends Named<
  'broker',
  Options
> {
  readonly capabilities: Capabilities
  /** Called once, at the start; connects when the first call comes. */
  open(options: Options, errors: BrokerErrors): Broker
  /** An account to be tested in, and what may be done behind its back: `watchkeeper broker test`. */
  testVenue?(errors: BrokerErrors): Promise<BrokerAtVenue>
}

/** What a feed of your own is given. */
export interface FeedDeps {
  /** Takes a tick; one that is malformed is counted and left out. */
  onTick(tick: Tick): void
  /** Instruments that positions depend on now. */
  wanted(): readonly string[]
  readonly clock: Clock
}

/** A source of prices of your own. */
export interface FeedPlugin<Options = Readonly<Record<string, unknown>>> extends Named<
  'feed',
  Options
> {
  open(options: Options, deps: FeedDeps): OpenFeed
  /** A source to be tested with, and its prices: `watchkeeper plugin test`. */
  testSource?(): Promise<FeedSource<Options>>
}

/** A source of prices that a test sets. */
export interface FeedSource<Options = Readonly<Record<string, unknown>>> {
  /** The options that open a feed of this source. */
  readonly options: Options
  /** Makes this the price of an instrument at the source. */
  price(instrument: string, price: number): Promise<void> | void
  close(): Promise<void> | void
}

/** A feed that was opened. */
export interface OpenFeed {
  /** Does not wait for a server. */
  start(): Promise<void> | void
  /** Once a monitoring cycle. */
  cycle?(): void
  /** Nothing comes after it. */
  stop(): void
}

/** A store of your own; its contract is that of `ports/store.ts`. */
export interface StorePlugin<Options = Readonly<Record<string, unknown>>> extends Named<
  'store',
  Options
> {
  /** Opens and claims it. */
  open(options: Options, given: { readonly dataFolder: string }): Promise<OwnedStore>
  /** An empty place of its own for each call: `watchkeeper plugin test`. */
  testPlace?(): Promise<StorePlace> | StorePlace
}

/** A place of your own that changes of health are sent to. */
export interface ChannelPlugin<Options = Readonly<Record<string, unknown>>> extends Named<
  'channel',
  Options
> {
  /** Options that `watchkeeper plugin test` makes requests with; default: none, which must then do. */
  readonly examples?: readonly Options[]
  /** The request that carries an alert; it is sent, tried again and bounded as those of our channels are. */
  request(alert: Alert, options: Options): AlertRequest
}

/** What a plugin file exports. */
export type Plugin = RulePlugin | BrokerPlugin | FeedPlugin | StorePlugin | ChannelPlugin
export type PluginKind = Plugin['kind']

/** What each kind must have besides kind and name. */
const NEEDED: Readonly<Record<PluginKind, string>> = {
  rule: 'arm',
  broker: 'open',
  feed: 'open',
  store: 'open',
  channel: 'request',
}

const NAME = /^[a-z][A-Za-z0-9]{0,39}$/

/** An error about a plugin; its path stands first. */
export const badPlugin = (path: string, why: string, cause?: unknown): WatchkeeperError =>
  new WatchkeeperError('BAD_PLUGIN', `${path}: ${why}`, { cause })

/**
 * The plugin that a module exports as its default, or as `plugin`.
 * @throws WatchkeeperError BAD_PLUGIN, which names what is missing.
 */
export function pluginOf(module: unknown, path: string): Plugin {
  const { default: byDefault, plugin } = Object(module) as { default?: unknown; plugin?: unknown }
  const given = byDefault ?? plugin
  if (typeof given !== 'object' || given === null)
    throw badPlugin(path, 'exports no plugin, expected an object as its default export')
  const { kind, name, ...rest } = given as Record<string, unknown>
  if (typeof kind !== 'string' || !Object.hasOwn(NEEDED, kind))
    throw badPlugin(path, `has the kind ${JSON.stringify(kind)}, expected one of ${KINDS}`)
  if (typeof name !== 'string' || !NAME.test(name))
    throw badPlugin(path, `has the name ${JSON.stringify(name)}, expected one such as myRule`)
  const needed = NEEDED[kind as PluginKind]
  if (typeof rest[needed] !== 'function')
    throw badPlugin(path, `has no function ${needed}, which a ${kind} needs`)
  if (kind === 'broker' && typeof rest['capabilities'] !== 'object')
    throw badPlugin(path, 'has no capabilities: what the venue can prove, see docs/brokers.md')
  const options = rest['options']
  if (options !== undefined && typeof options !== 'function' && typeof options !== 'object')
    throw badPlugin(path, 'has options that are no schema and no function of zod')
  const found = given as Plugin
  try {
    schemaOf(found)
  } catch (error) {
    throw badPlugin(path, `has options that make no schema: ${textOf(error)}`, error)
  }
  return found
}

const KINDS = Object.keys(NEEDED).join(', ')

/** Message of whatever was thrown. */
export const textOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

const schemas = new WeakMap<Plugin, z.ZodType>()

/** The schema of a plugin's options. Throws where it makes none. */
export function schemaOf(plugin: Plugin): z.ZodType {
  const known = schemas.get(plugin)
  if (known !== undefined) return known
  const { options = z.strictObject({}) } = plugin
  const schema = (typeof options === 'function' ? options(z) : options) as z.ZodType
  if (typeof (schema as { safeParse?: unknown }).safeParse !== 'function')
    throw new TypeError('it has no safeParse')
  schemas.set(plugin, schema)
  return schema
}
