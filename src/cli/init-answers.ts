import { relative, resolve } from 'node:path'
import type { VenueConfig } from '../app/open-broker.ts'
import type { Inspection } from '../app/venue-inspect.ts'
import { closestName, expectedWord } from '../domain/closest-name.ts'
import { VENUE_KINDS, type VenueKind } from '../domain/venue-kind.ts'
import { UsageError } from '../errors.ts'
import { keyParts, keyVariables, type EnteredHolding, type Wanted } from './init-text.ts'
import type { Questions } from './questions.ts'

/** What `watchkeeper init` is given by flags; it asks for the rest. */
export interface InitAnswers {
  readonly venue?: string
  readonly environment?: string
  readonly keyFile?: string
  readonly url?: string
  readonly only?: string
  readonly stopPct?: string
  readonly folder: string
  readonly acceptWithdrawals: boolean
}

/** Joins words as `a, b and c`. */
const LIST = new Intl.ListFormat('en-GB')

/** Environments by venue. */
const VENUES: Readonly<Record<VenueKind, readonly string[]>> = {
  binance: ['testnet', 'demo', 'live'],
  bybit: ['testnet', 'demo', 'live'],
  okx: ['demo', 'live'],
}

/**
 * The broker section of the account, as a configuration file would contain it.
 *
 * @throws UsageError where no right answer comes; InputError for a wrong variable of the environment.
 */
export async function configOf(
  { url, ...given }: InitAnswers,
  questions: Questions,
  env: NodeJS.ProcessEnv,
): Promise<VenueConfig> {
  const kind = await questions.answer({
    given: given.venue,
    text: 'Venue (binance, bybit, okx)',
    read: word => oneOf('venue', word, VENUE_KINDS),
  })
  const tests = VENUES[kind].filter(each => each !== 'live').join(', ')
  const environment = await questions.answer({
    given: given.environment,
    text: `Environment (${tests}; live is typed out)`,
    read: word => oneOf('environment', word, VENUES[kind]),
  })
  const broker = { kind, environment, url }
  if (given.keyFile !== undefined || env['WATCHKEEPER_BROKER_KEY'] !== undefined)
    return venueIn({ ...broker, keyFile: given.keyFile }, env)
  const lines = LIST.format(keyParts(kind))
  const variables = LIST.format(keyVariables(kind))
  return questions.answer({
    text: `File of mode 0600 with the ${lines} (or set ${variables})`,
    read: keyFile => withKey({ ...broker, keyFile }, env),
  })
}

interface BrokerAnswers {
  readonly kind: VenueKind
  readonly environment: string
  readonly url: string | undefined
  readonly keyFile: string | undefined
}

async function venueIn(
  { kind, environment, url, keyFile }: BrokerAnswers,
  env: NodeJS.ProcessEnv,
): Promise<VenueConfig> {
  const { loadServiceConfig } = await import('../config/service-file.ts')
  const { broker } = loadServiceConfig({
    file: undefined,
    env,
    overrides: {
      'broker.kind': kind,
      'broker.environment': environment,
      'broker.keyFile': keyFile === undefined ? undefined : resolve(keyFile),
      'broker.url': url,
    },
  })
  const { isVenue } = await import('../app/venue-start.ts')
  if (!isVenue(broker))
    throw new UsageError(`found the broker ${kind}, expected one of ${VENUE_KINDS.join(', ')}`)
  return broker
}

/** @throws UsageError for a key file that cannot be used. */
async function withKey(given: BrokerAnswers, env: NodeJS.ProcessEnv): Promise<VenueConfig> {
  const config = await venueIn(given, env)
  const { keyFaultOf } = await import('../app/venue-inspect.ts')
  const fault = keyFaultOf(config)
  if (fault !== undefined) throw new UsageError(`the key cannot be read: ${fault}`)
  return config
}

/** @throws UsageError for a word that is none of the known ones. */
function oneOf<Word extends string>(what: string, word: string, known: readonly Word[]): Word {
  const found = known.find(each => each === word)
  if (found !== undefined) return found
  const expected = expectedWord(word, known)
  throw new UsageError(`found the ${what} ${JSON.stringify(word)}, expected ${expected}`)
}

/**
 * The holdings to guard. One without an entry price cannot have a stop level, and the profit of one that is
 * margined in coins is not linear in its price.
 */
export async function heldOf(
  found: Inspection,
  { given, kind }: { readonly given: InitAnswers; readonly kind: VenueKind },
  questions: Questions,
): Promise<readonly EnteredHolding[]> {
  const known = found.holdings.filter(
    (each): each is EnteredHolding =>
      each.entryPrice !== undefined && found.instruments.has(each.instrument),
  )
  if (known.length === 0) return known
  return questions.answer({
    given: given.only,
    text: 'Guard which (all, or names with commas)',
    usual: 'all',
    read: only => chosen(only, known, { found, kind }),
  })
}

/** @throws UsageError for a name that no holding has. */
async function chosen(
  only: string,
  known: readonly EnteredHolding[],
  { found, kind }: { readonly found: Inspection; readonly kind: VenueKind },
): Promise<readonly EnteredHolding[]> {
  if (only.trim().toLowerCase() === 'all') return known
  const names = only.split(',').flatMap(name => name.trim() || [])
  if (names.length === 0)
    throw new UsageError('found no instrument to guard, expected all, or names')
  const missing = names.filter(name => !known.some(({ instrument }) => instrument === name))
  if (missing.length === 0) return known.filter(({ instrument }) => names.includes(instrument))
  const { meantAt } = await import('../app/venue-start.ts')
  const held = [...new Set(known.map(({ instrument }) => String(instrument)))]
  const leftOut = missing.filter(name =>
    found.holdings.some(({ instrument }) => instrument === name),
  )
  const guesses = missing.flatMap(name => {
    const meant = meantAt(kind, name) ?? name
    return (held.includes(meant) ? meant : closestName(name, held)) ?? []
  })
  const none = `found no holding of ${missing.join(', ')} to guard`
  const expected = `expected all, or some of ${held.join(', ')}`
  const why = leftOut.length > 0 ? `; ${leftOut.join(', ')} is left out` : ''
  const guess = guesses.length > 0 ? `; did you mean ${guesses.join(', ')}?` : ''
  throw new UsageError(`${none}, ${expected}${why}${guess}`)
}

/** The wishes that the files contain. @throws UsageError where no right answer comes. */
export async function wantedOf(
  config: VenueConfig,
  given: InitAnswers,
  questions: Questions,
): Promise<Wanted> {
  const stopPct = await questions.answer({
    given: given.stopPct,
    text: 'Loss at which each is exited, percent',
    usual: '5',
    read: lossIn,
  })
  const keyFile =
    config.keyFile === undefined ? undefined : relative(resolve(given.folder), config.keyFile)
  const { kind, environment } = config
  const { url, acceptWithdrawals } = given
  return { kind, environment, url, keyFile, stopPct, acceptWithdrawals }
}

/** Percent, above 0 and below 100. */
function lossIn(text: string): number {
  const stopPct = Number(text.replace(/\s*%$/, ''))
  if (stopPct > 0 && stopPct < 100) return stopPct
  throw new UsageError(`found a loss of ${text}, expected percent above 0 and below 100`)
}
