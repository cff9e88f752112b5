import { statSync } from 'node:fs'
import { accountsOf } from '../config/accounts.ts'
import { hasToken } from '../config/http-schema.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { describeFault, InputError, type Fault } from '../errors.ts'
import { nextType } from '../exits/order-type.ts'
import { isUnprovable } from '../exits/settings.ts'
import { isLoopback } from '../http/access/hosts.ts'
import { missingFiles } from './missing-files.ts'
import { capabilitiesOf, pluginFaults } from './plugins.ts'
import { sharedByOne, sharedLimitFaults } from './shared-limits-check.ts'

/**
 * Checks what the schema cannot: whether the sections of a configuration fit together. Opens nothing. Returns
 * warnings, one line each. `source`: where the configuration was read from.
 *
 * @throws InputError with every fault at once (UNPROVABLE, SIMULATED_PRICES, NO_PRICES, TOKEN_REQUIRED, NOT_A_FOLDER).
 */
export function checkConfig(
  config: ServiceConfig,
  source = 'the configuration',
): readonly string[] {
  const plans = accountsOf(config)
  const { all, areNamed } = plans
  const faults = [
    ...all.flatMap(({ name, config: own }) => {
      const found = [...pluginFaults(own), ...OF_ACCOUNT.flatMap(faultOf => faultOf(own) ?? [])]
      return areNamed ? found.map(fault => inAccount(fault, name)) : found
    }),
    ...OF_PROCESS.flatMap(faultOf => faultOf(config) ?? []),
    ...sharedLimitFaults(plans),
  ]
  if (faults.length > 0) throw new InputError(source, uniqueFaults(faults))
  const ofAccounts = all.flatMap(({ name, config: own }) =>
    warningsOf(own).map(warning => (areNamed ? `account ${name}: ${warning}` : warning)),
  )
  return [...ofAccounts, ...sharedByOne(plans), ...missingFiles(config)]
}

/** Sections that an account may have of its own. */
const OWN = /^(?:broker|mode|exits|holdings|gateway|portfolio)\b/

/** A fault of a section of an account, at its place. */
const inAccount = (fault: Fault, name: string): Fault =>
  OWN.test(fault.path) ? { ...fault, path: `accounts.${name}.${fault.path}` } : fault

/** The faults without repetitions: accounts that share a section share its faults. */
const uniqueFaults = (faults: readonly Fault[]): Fault[] => [
  ...new Map(faults.map(fault => [describeFault(fault), fault])).values(),
]

/** What would start, and should be known. */
function warningsOf({ broker, feed, mode, exits }: ServiceConfig): readonly string[] {
  const isReal = broker.kind !== 'paper'
  return [
    ...(isReal && isUnprovable(capabilitiesOf(broker))
      ? ['broker.capabilities: nothing proves that an exit is made only once, and that is accepted']
      : []),
    ...(isReal && feed.kind === 'simulated'
      ? ['feed.kind: prices are invented, and the account is not']
      : []),
    ...(isReal &&
    nextType(null, { ...exits, capabilities: capabilitiesOf(broker) }) !== exits.style.kind
      ? [
          `exits.style: broker.capabilities.styles lacks ${exits.style.kind}: exits take what it has`,
        ]
      : []),
    ...(mode === 'observe' ? ['mode: observe: nothing would be sent'] : []),
    ...endedToken(broker),
  ]
}

/** A token that is over by the clock of this machine: a start goes on, and the venue refuses every call. */
function endedToken(broker: ServiceConfig['broker']): readonly string[] {
  if (broker.kind !== 'http' || broker.tokenExpiresAt === undefined) return []
  const isOver = Date.parse(broker.tokenExpiresAt) <= Date.now()
  return isOver ? [`broker.tokenExpiresAt: the token ended at ${broker.tokenExpiresAt}`] : []
}

type FaultOf = (config: ServiceConfig) => Fault | undefined

/** Nothing at the venue proves that an exit is made only once. */
const unprovable: FaultOf = ({ broker, acceptUnprovable }) => {
  if (broker.kind === 'paper' || acceptUnprovable) return undefined
  const capabilities = capabilitiesOf(broker)
  if (!isUnprovable(capabilities)) return undefined
  const { dedupe, lookup, reduceOnly } = capabilities
  return {
    code: 'UNPROVABLE',
    path: 'broker.capabilities',
    found: `dedupe: ${dedupe}, lookup: ${lookup}, reduceOnly: ${String(reduceOnly)}, with which an exit could be made twice`,
    expected:
      'dedupe: always, lookup: complete or reduceOnly: true if the venue has one of them, or acceptUnprovable: true to go on without',
  }
}

/** A real account would be exited at invented prices. */
const inventedPrices: FaultOf = ({ feed, broker, mode }) => {
  const isReal = broker.kind !== 'paper' && mode !== 'observe'
  if (feed.kind !== 'simulated' || !isReal || feed.acceptSimulated) return undefined
  return {
    code: 'SIMULATED_PRICES',
    path: 'feed.kind',
    found: `simulated with broker.kind ${broker.kind}`,
    expected: 'broker, venue or redis, or feed.acceptSimulated: true',
  }
}

/** Prices would come from a broker that has none. */
const noPrices: FaultOf = ({ feed, broker }) =>
  (feed.kind === 'poll' || feed.kind === 'broker') && broker.kind === 'paper'
    ? {
        code: 'NO_PRICES',
        path: 'feed.kind',
        found: `${feed.kind} with broker.kind paper`,
        expected: 'venue, redis or simulated: a paper account has no prices of its own',
      }
    : undefined

/** Every host of the network could move the account. */
const openToAll: FaultOf = ({ http }) =>
  !hasToken(http) && (http.hosts.length > 0 || !isLoopback(http.host))
    ? {
        code: 'TOKEN_REQUIRED',
        path: 'http.token',
        found:
          http.hosts.length > 0
            ? `none with http.hosts ${http.hosts.join(', ')}`
            : `none with http.host ${http.host}`,
        expected: 'a token where others can reach it: set WATCHKEEPER_HTTP_TOKEN',
      }
    : undefined

const dataFolder: FaultOf = ({ dataFolder: folder }) => {
  if (statSync(folder, { throwIfNoEntry: false })?.isFile() !== true) return undefined
  return {
    code: 'NOT_A_FOLDER',
    path: 'dataFolder',
    found: `the file ${folder}`,
    expected: 'a folder',
  }
}

/** Everything that the configuration alone decides, of each account and of the process. */
const OF_ACCOUNT: readonly FaultOf[] = [unprovable, inventedPrices, noPrices]
const OF_PROCESS: readonly FaultOf[] = [openToAll, dataFolder]
