import type { AccountSettings } from '../app/virtual-options.ts'
import type { ServiceConfig } from '../config/schema.ts'

/** The part of a service's configuration that a replay uses, and the settings that it ignores. */
export interface PlayedConfig {
  readonly positions: string | undefined
  readonly strict: boolean
  /** Names of the accounts, as positions name them; undefined where the configuration names none. */
  readonly accountNames: readonly string[] | undefined
  /** Each account as it is played; without names there is one. */
  readonly accounts: readonly PlayedSettings[]
  /** Names of settings that have no effect in a replay, and differ from their defaults. */
  readonly unplayed: readonly string[]
}

/** What of an account is played. */
export interface PlayedSettings {
  /** Undefined where the configuration names no account. */
  readonly name: string | undefined
  /** Name of its feed, and of every feed. */
  readonly feed: string
  readonly feeds: readonly string[]
  readonly maxJumpPct: number | undefined
  readonly account: AccountSettings
}

/** Settings without effect in a replay: it has an account, prices and a clock of its own. */
const UNPLAYED = [
  'mode',
  'dataFolder',
  'clock',
  'http',
  'supervision',
  'entries',
  'journal',
  'broker',
  'acceptUnprovable',
  'gateway',
  'holdings',
  'log',
  'notify',
  'store',
  'stop',
  'health',
] as const

/**
 * Reads a configuration as `run` does: file, then environment, then `positions` of the command
 * line.
 *
 * @throws InputError with every fault at once.
 */
export async function playedConfig(
  file: string,
  { positions, env }: { readonly positions: string | undefined; readonly env: NodeJS.ProcessEnv },
): Promise<PlayedConfig> {
  // The modules of a service load slowly; a replay without a configuration does not need them.
  const { loadServiceConfig } = await import('../config/service-file.ts')
  const { accountsOf, feedsOf } = await import('../config/accounts.ts')
  const { configWithPlugins } = await import('../app/plugins.ts')
  const config = await configWithPlugins({ file, env, overrides: { positions } })
  const usual = loadServiceConfig({ file: undefined, env: {}, overrides: {} })
  const { all, areNamed } = accountsOf(config)
  const feeds = [...feedsOf(config).keys()]
  return {
    positions: config.positions,
    strict: config.strict,
    accountNames: areNamed ? all.map(({ name }) => name) : undefined,
    accounts: all.map(({ name, feed, config: own }) => {
      const { instruments, portfolio, massExit, exits, cycleMs } = own
      return {
        name: areNamed ? name : undefined,
        feed,
        feeds,
        maxJumpPct: own.feed.maxJumpPct,
        account: { instruments, portfolio, massExit, exits, cycleMs },
      }
    }),
    unplayed: [
      ...new Set(
        all.flatMap(({ config: own }) =>
          unplayedIn({ ...own, dataFolder: config.dataFolder }, usual),
        ),
      ),
    ],
  }
}

function unplayedIn(config: ServiceConfig, usual: ServiceConfig): string[] {
  const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b)
  const { maxJumpPct: _played, ...feed } = config.feed
  return [
    ...UNPLAYED.filter(name => differs(config[name], usual[name])),
    ...(differs(feed, usual.feed) ? ['feed'] : []),
  ]
}

/** A line that names the ignored settings. */
export const unplayedText = (file: string, unplayed: readonly string[]): string =>
  `${file}: a replay has an account, prices and a clock of its own, and leaves out ${unplayed.join(', ')}`
