import type { JournalEvent } from './journal.ts'
import type { LogComponent, LogLevel } from './log.ts'

/** How a kind of journal line appears in the log, and what it means. */
export interface JournalKindRow {
  readonly level: LogLevel
  readonly component: LogComponent
  readonly meaning: string
}

/** Events that are only counted: they change no position and no exit, and have no journal line. */
type CountedKind = 'store-failed' | 'reconcile-failed'

/**
 * Every journal event needs a row; kinds of lines about the service itself have their rows beside
 * them.
 */
type Rows = Readonly<Record<Exclude<JournalEvent['kind'], CountedKind>, JournalKindRow>>

/** The rows of one level and component, from the meaning of each kind. */
const rows = <Kind extends string>(
  level: LogLevel,
  component: LogComponent,
  meanings: Readonly<Record<Kind, string>>,
): Readonly<Record<Kind, JournalKindRow>> =>
  Object.fromEntries(
    Object.entries<string>(meanings).map(([kind, meaning]) => [
      kind,
      { level, component, meaning },
    ]),
  ) as Record<Kind, JournalKindRow>

/**
 * Every kind of journal line; docs/observability.md has the same table. A line of a kind without a row
 * does not compile.
 */
export const JOURNAL_KINDS = {
  ...rows('warn', 'positions', {
    'position-shrunk':
      'part of a position was closed outside the service, or by late fills of other exits (`takenBy`)',
    'position-gone':
      'a position was closed without an exit of its own: outside the service, or by late fills (`takenBy`)',
    'guard-lost': 'positions have no guard (written where `notify` has a channel); `why`: which',
    'exitable-lost':
      'positions could not be exited (written where `notify` has a channel); `why`: which, and why not',
    'credentials-ending':
      'the credentials of the broker end soon, or have ended (written where `notify` has a channel); `why`: when',
  }),
  ...rows('info', 'positions', {
    'guard-back': 'every position has a guard again; `forMs`: after how long',
    'exitable-back': 'every position could be exited again; `forMs`: after how long',
    'credentials-renewed': 'the credentials of the broker no longer end soon',
    'stops-near':
      'prices have come within `notify.approachPct` of the stops of `positions`; `more`: how many others',
    'position-added': 'a position is guarded from now on; `by`: who added it',
    'position-released': 'a position is no longer guarded; its holding stays at the broker',
    'position-amended':
      'quantity or entry price of a position were set by hand: `from`, `to`, and who set them',
    'rules-changed':
      'the rules of a position were replaced: the outcome for each rule, and who replaced them',
  }),
  ...rows('error', 'exits', {
    'exit-failed': 'a call for an exit failed; it is repeated',
    'exit-stuck': 'the broker rejected so many attempts that a person should act',
    'exit-unproved': 'the outcome of an order has been unknown for long; `forMs`: how long',
    'exit-fault': 'the broker reported something about an order that cannot be true',
    'exit-foreign': 'the broker has an order with the id of an exit that the service did not send',
    'exit-unverified':
      'the broker has not reported the holding that an exit needs for long; `isSent`: the exit is sent all the same',
    'net-unproved':
      'nothing has proved for long that the net of a position is over; `isWaived`: its exit goes on beside it',
    'net-orphan': 'the account has a stop in our format that belongs to no position',
    'exit-late-order':
      'an order of an ended exit works at the broker: it is cancelled; `isOver`: it no longer works',
    'exit-late-fill': 'an order that had ended was executed later; the quantity is booked',
  }),
  ...rows('warn', 'exits', {
    'exit-unknown': 'the answer to an order was lost; its outcome is queried',
    'exit-rejected': 'the broker rejected an attempt',
    'net-filled': 'the venue has executed the net of a position: that is its exit',
    'net-rejected': 'the broker rejected the net of a position',
    'net-held': 'a position whose rules ask for a net has none; `why`',
    'exit-dust': 'the remainder of a position is too small for an order',
    'exit-below-minimum':
      'an exit is worth less than the smallest order (`value`, `minimum`); it waits for a price',
    'exit-priceless':
      'an exit waits for a price that the limit of its order needs; after `escalateMs` the last known one counts',
    'exit-reserved': 'other orders reserve the quantity that the exit needs',
    'exit-discarded': 'a person discarded an exit; the position is guarded again',
    'exit-closed': 'an exit is complete, and no fill of it is known',
  }),
  ...rows('info', 'exits', {
    'net-resting': 'the net of a position rests at the broker; `trigger`: its price',
    'net-moved': 'the net of a position follows its stop; `trigger`: its price',
    'net-over': 'the net of a position is over without a fill; `by`: how it ended',
    'exit-asked': 'a person asked for an exit',
    'exit-intended': 'an exit is decided and durable; names its rule, level and price',
    'exit-observed': 'an exit is decided in `mode: observe`, and not sent',
    'exit-filled': 'an exit is complete: price, quantity and profit',
  }),
  ...rows('error', 'supervision', {
    'monitor-gave-up': 'the monitor of a position crashed too often and is not restarted',
    'actor-gave-up': 'another actor crashed too often and is not restarted',
    'account-stopped':
      'an account lost an actor that it cannot do without: none of its positions is guarded, the others are',
    'common-cause': 'so many actors restart that they share a cause',
  }),
  ...rows('warn', 'supervision', {
    'monitor-restarted': 'the monitor of a position crashed and was replaced',
    'actor-restarted': 'another actor crashed and was replaced',
    'actor-restarted-by-hand': 'a person replaced an actor',
  }),
  ...rows('error', 'service', {
    'entry-refused':
      'a position was not taken under guard, or its first price would have exited it',
    'holding-oversold': 'the account holds the opposite side of what was sold',
    'second-guard': 'the account has an order in our format that the service did not send',
    'daily-loss': 'a loss limit was reached; its positions are exited',
    'isolated-fault': 'an error concerned one position or holding alone; the others go on',
    'store-lost': 'the store has lost durable data',
    'position-mode-changed':
      'the account at the venue was set to the other position mode; its exits are refused there',
    'cycle-failed': 'a monitoring cycle failed; the next one is tried as usual',
  }),
  ...rows('warn', 'service', {
    'multiplier-unlike':
      'a position has another multiplier than the contract size that the venue lists',
    'key-may-withdraw': 'the key of the account may withdraw, which guarding does not need',
    'rules-refused':
      'new rules in the positions file were refused: they loosen, or would exit at once',
    'instrument-unpriced': 'rules compare an instrument that the feed does not price',
    'rule-cannot-fire': 'no price and no time can make a rule fire',
    'adoption-refused': 'a holding without a position could not be taken under guard',
    'instrument-changed':
      'the venue changed its rules for an instrument of open positions; they are applied (`was`, `is`)',
    'instrument-unlisted':
      'the venue no longer lists an instrument of open positions; its last rules go on counting',
    'holding-unknown': 'the broker has not reported a holding for long; `forMs`: how long',
    'holding-shrunk':
      'why a holding shrank without an order of ours: `cause`, with what proves it (`proof`)',
    'holding-unowned': 'the account holds a quantity that no position covers',
    'holdings-unconfirmed': 'no order is sent until a person confirms the holdings',
    'kill-switch': 'the kill switch was moved; `by`: who moved it',
    'daily-loss-near': 'a loss limit is close',
    chaos: 'a failure was injected on purpose',
    'breaker-moved': 'a person moved a circuit breaker',
    'clock-moved':
      'the wall clock jumped; the service keeps its own time until the jump is confirmed',
    'clock-followed': 'the service follows the wall clock after a jump; names the evidence',
    'clock-returned': 'the wall clock jumped back before the service followed it',
    'polls-failing': 'the broker gives no prices',
    'feed-gap': 'prices of a stream were missed and cannot be read again',
    'feed-malformed': 'messages of the feed are not valid prices: the fault, with a sample',
    'stream-lost': 'a WebSocket stream of a venue is lost; what it pushes is polled meanwhile',
    'redis-lost': 'a connection to Redis is lost',
    'redis-refused':
      'commands to Redis fail: the server refuses them or does not answer in time; `code`',
    'store-away': 'the server of the store is unreachable; writes wait',
    'store-doubted':
      'the store may be older than the account; no order is sent until a person confirms the holdings',
    'journal-gap': 'journal lines were dropped because too many waited for the store',
    'notify-failed': 'a channel does not take messages; they wait, and are sent when it does',
    'commands-failed': 'commands of a channel cannot be read; they are asked for again',
    'command-refused': 'a user or a chat outside of its lists wrote to the bot of a channel',
    'upkeep-failed': 'old lines of the journal or history could not be removed',
    'advisor-ended': 'an advisor ended or was killed; it is restarted after a backoff',
    'freqtrade-reload-failed':
      'freqtrade has not read a trade anew after an exit of ours; `why`: it is no longer asked',
    'advisor-quarantined': 'an advisor was restarted too often; its last levels stay in force',
  }),
  ...rows('info', 'service', {
    'released-order-over': 'the order of a released position has ended',
    'holdings-confirmed': 'a person confirmed the holdings',
    'limit-reset': 'a person reset the loss that counts towards a limit',
    'profit-reported': 'a profit or loss from outside the service was added',
    'metrics-reset': 'the cycle metrics were reset; `by`: who reset them',
    'backup-begun': 'a backup of the whole state is read over HTTP; `by`: who reads it',
    'profile-begun': 'a CPU profile is recorded over HTTP; `by`: who gets it',
    'heap-snapshot-begun': 'a snapshot of the heap is written over HTTP; `by`: who gets it',
    'log-level': 'the log level of a component was changed',
    'request-begun': 'a request with an `Idempotency-Key` begins; `by`: who makes it',
    'request-ended':
      'a request with an `Idempotency-Key` is over; `reply`: its answer, absent where it was refused',
    'polls-recovered': 'the broker gives prices again',
    'position-mode-restored': 'the account is in the configured position mode again',
    'stream-connected': 'a WebSocket stream of a venue is connected',
    'redis-connected': 'a connection to Redis is established',
    'store-back': 'the server of the store is reachable again, and the waiting writes are durable',
    'store-rewritten': 'the whole state was written to the store again',
    'commands-recovered': 'commands of a channel can be read again',
    'notify-recovered': 'a channel takes messages again',
    'daily-summary': 'the day in figures, at `notify.summaryAt`',
    'freqtrade-reloaded': 'freqtrade has read a trade anew, after an exit of ours',
    'advisor-started': 'the process of an advisor was started',
    'advisor-note': 'a note of an advisor',
    'guard-stopped': 'the process stopped in order',
    'guard-resumed': 'a process took over; names how long no process guarded',
  }),
} satisfies Rows

/** The kind of a journal line. */
export type JournalKind = keyof typeof JOURNAL_KINDS

/** Level and component of a line in the log; a line of another version may be of a kind without a row. */
export function journalKindRow(kind: string): Pick<JournalKindRow, 'level' | 'component'> {
  return Object.hasOwn(JOURNAL_KINDS, kind)
    ? JOURNAL_KINDS[kind as JournalKind]
    : { level: 'info', component: 'service' }
}
