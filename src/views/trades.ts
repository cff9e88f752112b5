import type { KeptTrade } from '../account/trade.ts'
import { accountParts, accountText } from '../domain/account-name.ts'
import { excursionsOf, type Excursions } from '../domain/excursions.ts'
import { profitOf } from '../domain/profit.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import type { HistoryStep } from '../ports/journal.ts'
import type { TradeEnd, TradesPage, TradesQuery, TradeView } from '../ports/trades.ts'
import { nextTurn } from '../ports/turns.ts'

/** Kinds of the lines that end a position; `position-gone` without an exit. */
const ENDING: ReadonlySet<string> = new Set<JournalKind>([
  'exit-filled',
  'exit-closed',
  'position-gone',
])

/** Kinds of the lines of fills after the end of a position: exits, and no ends of positions. */
const AFTERWARDS: ReadonlyMap<string, TradeEnd> = new Map<JournalKind, TradeEnd>([
  ['released-order-over', 'released'],
  ['exit-late-fill', 'late'],
])

/** Ends that need no exit. */
const OUTSIDE: ReadonlySet<TradeEnd> = new Set(['gone', 'dust'] as const)

/** Lines in one read, so that other work of the process does not wait for long. */
const PAGE_LINES = 500
/** Most lines that one call reads; the next page continues after them. */
const MOST_LINES = 20_000
/**
 * Slack of times, ms: a clock that was set back leaves later times among earlier lines, so reading continues for
 * this long.
 */
const CLOCK_SLACK_MS = 24 * 3_600_000

/**
 * Reads trades from the journal, the last one first, within bounds on what is given and what is read.
 * `ofAccount`: only those of this account of the process.
 */
export async function tradesOf(
  journal: (query: JournalQuery) => Promise<readonly JournalLine[]>,
  query: TradesQuery,
  ofAccount?: string,
): Promise<TradesPage> {
  const { limit, positionId, since = -Infinity } = query
  const trades: TradeView[] = []
  let { before } = query
  for (let read = 0; read < MOST_LINES; read += PAGE_LINES) {
    const lines = await journal({
      after: 0,
      limit: PAGE_LINES,
      last: PAGE_LINES,
      ...(before !== undefined && { before }),
      ...(positionId !== undefined && { positionId }),
    })
    for (const line of lines.toReversed()) {
      if (line.at < since - CLOCK_SLACK_MS) return { trades, next: null }
      before = line.seq
      const isMeant =
        ENDING.has(line.kind) || (query.exitsOnly === true && AFTERWARDS.has(line.kind))
      const trade = isMeant ? viewOf(line) : undefined
      if (trade === undefined || !isWanted(trade, query)) continue
      if (ofAccount !== undefined && !isIn(trade, ofAccount)) continue
      trades.push(trade)
      if (trades.length === limit) return { trades, next: before }
    }
    if (lines.length < PAGE_LINES) return { trades, next: null }
    // The store may answer from memory: other work of the process comes first.
    await nextTurn()
  }
  return { trades, next: before ?? null }
}

function isWanted(trade: TradeView, query: TradesQuery): boolean {
  const { since = -Infinity, until = Infinity, account, positionId, exitsOnly } = query
  const { instrument, reason } = query
  return (
    trade.closedAt >= since &&
    trade.closedAt < until &&
    (account === undefined || trade.account === account || isIn(trade, account)) &&
    (positionId === undefined || trade.positionId === positionId) &&
    (instrument === undefined || trade.instrument === instrument) &&
    (reason === undefined || trade.reason === reason) &&
    (exitsOnly !== true || trade.reason !== null || !OUTSIDE.has(trade.end))
  )
}

/** Whether a trade belongs to an account of the process, or to a part of it. */
const isIn = ({ account }: TradeView, name: string): boolean =>
  account !== null && accountParts(account).name === name

/** The trade that a line ends; undefined for a line about a position that was already forgotten. */
function viewOf(line: JournalLine): TradeView | undefined {
  const { seq, at, positionId } = line
  const trade = line['trade'] as KeptTrade | undefined
  if (trade === undefined || positionId === undefined) return undefined
  const { exit } = trade
  const price = (line['price'] as number | undefined) ?? null
  const quantity = (line['quantity'] as number | undefined) ?? trade.held
  const gained = price === null ? undefined : profitOf({ ...trade, quantity }, price)
  return {
    seq,
    positionId,
    generation: trade.generation,
    instrument: trade.instrument,
    side: trade.side,
    account: accountOf(line, trade),
    underlying: trade.underlying ?? null,
    currency: trade.currency ?? null,
    entryPrice: trade.entryPrice,
    multiplier: trade.multiplier,
    openedAt: trade.openedAt,
    closedAt: at,
    end: endOf(line),
    reason: exit?.reason ?? null,
    matched: exit?.matched ?? [],
    decidedAt: exit?.decidedAt ?? null,
    level: exit?.level ?? null,
    decidedPrice: exit?.decidedPrice ?? null,
    quantity,
    price,
    profit: gained?.profitAmount ?? null,
    profitPct: gained?.profitPct ?? null,
    clientOrderId: exit?.clientOrderId ?? null,
    attempts: exit?.attempts ?? null,
    ...reachedOf(trade, price, quantity),
    steps: (line['steps'] as readonly HistoryStep[] | undefined) ?? [],
  }
}

/** Best and worst price of a trade, in percent and as multiples of R. */
function reachedOf(trade: KeptTrade, price: number | null, quantity: number): Reached {
  const { best = null, worst = null, firstStop = null, tickSize = null } = trade
  return {
    best,
    worst,
    firstStop,
    tickSize,
    ...excursionsOf({ ...trade, quantity }, { best, worst, firstStop, price }),
  }
}

type Reached = Pick<TradeView, 'best' | 'worst' | 'firstStop' | 'tickSize' | keyof Excursions>

function endOf(line: JournalLine): TradeEnd {
  if (line.kind === 'exit-filled') return 'filled'
  return AFTERWARDS.get(line.kind) ?? (line['by'] === 'dust' ? 'dust' : 'gone')
}

/** The account of the process where the line names one, with the venue's name of its part. */
function accountOf({ account: name }: JournalLine, { account: part }: KeptTrade): string | null {
  if (typeof name !== 'string') return part ?? null
  return accountText(part === undefined ? { name } : { name, part })
}
