import type { JournalLine } from '../../ports/journal-lines.ts'
import type { Composer } from './composer.ts'
import { countOf, moneyText, spanText } from './person-text.ts'

/** A position that has come near its stop, as the journal has it; levels are texts, rounded to the tick. */
export interface NearStop {
  readonly id: string
  readonly price: string
  readonly stop: string
  /** Distance in percent of the price. */
  readonly pct: number
}

const near = ({ id, price, stop, pct }: NearStop): string =>
  `${id} ${pct.toFixed(1)} % away: now ${price}, stop ${stop}`

const approach: Composer = line => {
  const positions = (line['positions'] ?? []) as readonly NearStop[]
  const more = Number(line['more'] ?? 0)
  const [first] = positions
  if (first === undefined) return undefined
  const isOne = positions.length + more === 1
  return {
    title: isOne
      ? `Approaching its stop: ${first.id}`
      : `Approaching their stops: ${positions.length + more} positions`,
    text: [
      ...(isOne
        ? [`now ${first.price}, stop ${first.stop}, ${first.pct.toFixed(1)} % away`]
        : positions.map(near)),
      ...(more > 0 ? [`and ${more} more`] : []),
    ].join('\n'),
    tone: 'warn',
  }
}

/** `act`: what a person does about it. */
const lost =
  (title: string, act: string): Composer =>
  ({ why }) => ({
    title,
    text: [...(typeof why === 'string' ? [why] : []), act].join('\n'),
    tone: 'bad',
  })

const back =
  (title: string): Composer =>
  line => ({ title, text: `after ${spanText(Number(line['forMs'] ?? 0))}`, tone: 'good' })

/** Figures of a period, as the journal has them. */
export interface SummaryFigures {
  /** Local date of its end. */
  readonly day: string
  /** Epoch ms. */
  readonly from: number
  readonly until: number
  readonly exits: number
  readonly won: number
  readonly lost: number
  /** By currency; the empty name stands for none. */
  readonly profits: Readonly<Record<string, number>>
  readonly limits: readonly {
    readonly name: string
    readonly loss: number
    readonly maxLoss: number
    readonly isTripped: boolean
  }[]
  /** Lines of the level `error`, by kind. */
  readonly incidents: Readonly<Record<string, number>>
  readonly unguardedMs: number
  /** The journal had more lines than were read: figures are lower bounds. */
  readonly isPart: boolean
}

export const profitsText = (profits: Readonly<Record<string, number>>): string =>
  Object.entries(profits)
    .map(([currency, amount]) => moneyText(amount, currency === '' ? undefined : currency))
    .join(' and ')

const MOST_LIMITS = 5
const MOST_KINDS = 4

const summary: Composer = line => {
  const figures = line as JournalLine & SummaryFigures
  const { day, exits, won, lost: losses, profits, limits, incidents, unguardedMs } = figures
  const kinds = Object.entries(incidents)
  const count = kinds.reduce((sum, [, each]) => sum + each, 0)
  const named = kinds.slice(0, MOST_KINDS).map(([kind, each]) => `${kind} ${each}`)
  const money = profitsText(profits)
  return {
    title: `Summed up ${day}: ${countOf(exits, 'exit')}${money === '' ? '' : `, ${money}`}`,
    text: [
      ...(exits === 0 ? [] : [`${won} with profit, ${losses} with loss`]),
      ...limits.slice(0, MOST_LIMITS).map(limitText),
      count === 0 ? 'no incident' : `${countOf(count, 'incident')}: ${named.join(', ')}`,
      unguardedMs === 0
        ? 'guarded all the time'
        : `not guarded for ${spanText(unguardedMs)} in all`,
      ...(figures.isPart ? ['the journal is longer than was read: there was more'] : []),
    ].join('\n'),
    tone: count > 0 || limits.some(({ isTripped }) => isTripped) ? 'warn' : 'plain',
  }
}

const limitText = ({ name, loss, maxLoss, isTripped }: SummaryFigures['limits'][number]): string =>
  `limit ${name}: ${Math.max(0, Math.round((loss / maxLoss) * 100))} % used${isTripped ? ', reached' : ''}`

/** Texts of what the service found out by itself. */
export const STATE_TEXTS = {
  approach: { 'stops-near': approach },
  guard: {
    'guard-lost': lost(
      'Lost the guard of positions',
      'their own stops do not act: watchkeeper status names the cause',
    ),
    'guard-back': back('Guarded again: every position'),
  },
  exitable: {
    'exitable-lost': lost(
      'Could not exit now',
      'exits are decided and wait: watchkeeper status names the cause',
    ),
    'exitable-back': back('Can exit again'),
    'credentials-ending': lost(
      'Renew the credentials of the broker',
      'no order leaves after that; a changed file is read without a restart',
    ),
    'credentials-renewed': () => ({ title: 'Renewed the credentials', text: '', tone: 'good' }),
  },
  summary: { 'daily-summary': summary },
} satisfies Readonly<Record<string, Readonly<Record<string, Composer>>>>
