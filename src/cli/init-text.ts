import type { Inspection } from '../app/venue-inspect.ts'
import { plusPercent } from '../domain/decimal.ts'
import { isAtLeast, type Side } from '../domain/position.ts'
import { hasPassphrase, type VenueKind } from '../domain/venue-kind.ts'
import type { Holding, OpenOrder } from '../ports/broker.ts'
import { countText } from './output.ts'

/** The settings for the files that `init` writes. */
export interface Wanted {
  readonly kind: VenueKind
  readonly environment: string
  readonly url: string | undefined
  readonly keyFile: string | undefined
  readonly stopPct: number
  /** A key that may withdraw is used. */
  readonly acceptWithdrawals: boolean
}

/** A holding whose entry price the venue reports: it can have a stop level. */
export interface EnteredHolding extends Holding {
  readonly entryPrice: number
}

/** Most working orders of others that are listed. */
const SHOWN = 20

/** Clock differences below this count as equal, ms. */
const RIGHT_MS = 1_000

/** Formats what was found at the venue, one line each. */
export function foundText(found: Inspection): readonly string[] {
  const { clockOffsetMs, permissions, mode, holdings, orders } = found
  const { trade, isAddressBound, isSubAccount, expiresAt } = permissions
  const seconds = (Math.abs(clockOffsetMs) / 1_000).toFixed(1)
  const clock =
    Math.abs(clockOffsetMs) < RIGHT_MS
      ? 'the clocks agree'
      : `this machine's clock is ${seconds} s ${clockOffsetMs > 0 ? 'behind' : 'ahead'}: requests are signed with the venue's time`
  return [
    `clock        ${clock}`,
    `trading      ${said(trade, 'the key may trade', 'the key may not trade: enough for mode observe, not for exits')}`,
    `address      ${said(isAddressBound, 'the key is bound to addresses', 'any address may use the key: bind it to this one')}`,
    ...(isSubAccount === true
      ? ['account      the key is one of a sub-account: holdings of the main account are not seen']
      : []),
    ...(expiresAt === undefined ? [] : [`expires      ${endText(expiresAt)}`]),
    `positions    ${mode} mode, ${countText(holdings.length, 'holding')}`,
    ...(holdings.length === 0 ? ['             nothing is held here: no position is written'] : []),
    ...holdings.map(each => `             ${holdingText(each, found)}`),
    `orders       ${countText(orders.length, 'working order')} of others`,
    ...orders.slice(0, SHOWN).map(each => `             ${orderText(each)}`),
    ...(orders.length > SHOWN ? [`             and ${orders.length - SHOWN} more`] : []),
  ]
}

function endText(at: number): string {
  const over = at <= Date.now() ? ', which is past: the venue refuses the key' : ''
  return `${new Date(at).toISOString()}${over}`
}

const orderText = ({ instrument, remaining, clientOrderId }: OpenOrder): string => {
  const named = clientOrderId === null ? '' : `, ${clientOrderId}`
  return `${instrument} ${remaining > 0 ? 'buys' : 'sells'} ${Math.abs(remaining)}${named}`
}

const said = (is: boolean | undefined, yes: string, no: string): string =>
  is === undefined ? 'the venue does not say' : is ? yes : no

const sideOf = ({ quantity }: Holding): Side => (quantity > 0 ? 'long' : 'short')

const LEFT_OUT = 'left out: the venue reports no entry price'

function holdingText(holding: Holding, { prices, instruments }: Inspection): string {
  const { instrument, quantity, entryPrice } = holding
  const price = prices.get(instrument)?.price
  const fixed = instruments.get(instrument)
  return [
    `${instrument} ${sideOf(holding)} ${Math.abs(quantity)}`,
    ...(entryPrice === undefined ? [LEFT_OUT] : [`at ${entryPrice}`]),
    ...(price === undefined || Number.isNaN(price) ? [] : [`last price ${price}`]),
    ...(instruments.size > 0 && fixed === undefined
      ? ['left out: a contract that is margined in coins, or not listed']
      : []),
    ...(fixed?.lot === undefined ? [] : [`lots of ${fixed.lot}`]),
    ...(fixed === undefined || fixed.multiplier === 1
      ? []
      : [`a unit is a contract of ${fixed.multiplier}`]),
  ].join(', ')
}

/** Parts of a key of a venue, as a key file names them. */
export const keyParts = (kind: VenueKind): readonly string[] => [
  'key',
  'secret',
  ...(hasPassphrase(kind) ? ['passphrase'] : []),
]

/** The same as variables of the environment. */
export const keyVariables = (kind: VenueKind): readonly string[] =>
  keyParts(kind).map(part => `WATCHKEEPER_BROKER_${part.toUpperCase()}`)

/** The configuration of the service. */
export function configText(
  { mode, permissions }: Pick<Inspection, 'mode' | 'permissions'>,
  wanted: Wanted,
): string {
  const { kind, environment, url, keyFile } = wanted
  const isAccepted = wanted.acceptWithdrawals && permissions.withdraw === true
  const key =
    keyFile === undefined
      ? `  # The key, in the environment: ${keyVariables(kind).join(', ')}.`
      : `  keyFile: ${JSON.stringify(keyFile)} # mode 0600`
  return `# Written by watchkeeper init; every setting: docs/configuration-reference.md.
positions: positions.yaml
dataFolder: data
${environment === 'live' ? 'mode: observe # exits are journaled and none is sent; guard: exits are sent' : 'mode: guard'}
feed:
  kind: broker # the venue's prices, streamed
broker:
  kind: ${kind}
  environment: ${environment}
${url === undefined ? '' : urlLines(url)}${key}
  positionMode: ${mode}
${isAccepted ? '  acceptWithdrawals: true # the key may withdraw; guarding does not need that\n' : ''}`
}

/** Another address of the venue: pushed changes of orders and holdings need one of their own. */
const urlLines = (url: string): string =>
  `  url: ${JSON.stringify(url)}
  # streamUrl: wss://… # without it the stream of changed orders and holdings is not read
`

/** Why a start would not guard a holding; undefined: its stop lies behind the last price. */
function passedStop(
  holding: EnteredHolding,
  { prices }: Pick<Inspection, 'prices'>,
  { stopPct }: Pick<Wanted, 'stopPct'>,
): string | undefined {
  const price = prices.get(holding.instrument)?.price ?? NaN
  const side = sideOf(holding)
  const stop = plusPercent(holding.entryPrice, side === 'long' ? -stopPct : stopPct)
  if (Number.isNaN(price) || !isAtLeast(side, stop, price)) return undefined
  return `its stop would be ${stop}, and the last price is ${price}: a start does not guard it. Change its stop, or set exitNow: true, which exits it at once`
}

/** Names the holdings whose stop lies beyond their last price, one line each. */
export const passedText = (
  holdings: readonly EnteredHolding[],
  found: Pick<Inspection, 'prices'>,
  wanted: Pick<Wanted, 'stopPct'>,
): readonly string[] =>
  holdings.flatMap(holding => {
    const passed = passedStop(holding, found, wanted)
    return passed === undefined ? [] : [`passed       ${holding.instrument}: ${passed}`]
  })

/** What to type after `init`. */
export function nextText(configFile: string, { environment }: Pick<Wanted, 'environment'>) {
  const lines = [
    '',
    `next         watchkeeper run --config ${configFile}`,
    '             in another terminal, while it runs: watchkeeper holdings, to compare; then',
    '             watchkeeper gateway confirm-holdings; nothing is sent before that',
  ]
  if (environment !== 'live') return lines
  return [
    ...lines,
    `later        watchkeeper guard --live --config ${configFile}, once what it observed is what you want`,
  ]
}

/** The positions file: one position with a stop for each holding. */
export function positionsText(
  holdings: readonly EnteredHolding[],
  found: Pick<Inspection, 'prices'>,
  wanted: Pick<Wanted, 'stopPct'>,
): string {
  const rows = holdings.map(holding => {
    const { instrument, quantity, entryPrice } = holding
    const passed = passedStop(holding, found, wanted)
    const side = sideOf(holding)
    return `${passed === undefined ? '' : `  # ${passed}\n`}  - id: ${JSON.stringify(`${instrument.toLowerCase()}-${side}`)}
    instrument: ${JSON.stringify(instrument)}
    side: ${side}
    quantity: ${Math.abs(quantity)}
    entryPrice: ${entryPrice}
    rules: bounded
`
  })
  return `# Written by watchkeeper init; every rule: docs/rules.md.
rules:
  bounded:
    stopLoss: { pct: ${wanted.stopPct} } # of the entry price
positions:${rows.length === 0 ? ' []\n' : `\n${rows.join('')}`}`
}
