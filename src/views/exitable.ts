import type { Account } from '../account/account.ts'
import type { AccessFacts } from '../calls/access-drill.ts'
import type { CallDesk } from '../calls/call-desk.ts'
import type { LastAnswers } from '../calls/last-answers.ts'
import { sum } from '../domain/decimal.ts'
import type { PositionId } from '../domain/ids.ts'
import { viewOf } from '../domain/tick.ts'
import type { PositionMode } from '../domain/venue-facts.ts'
import { ENDPOINT_GROUPS } from '../domain/venue.ts'
import { hasOurPrefix } from '../exits/client-order-id.ts'
import {
  accountExitable,
  credentialsEnd,
  positionExitable,
  type AccountStanding,
  type Exitable,
} from '../exits/exitable.ts'
import { nextType } from '../exits/order-type.ts'
import type { ExitableFacts } from '../observability/exitable-checks.ts'
import type { ExitableView } from '../ports/control/exitable.ts'
import type { Quotes } from '../ports/quotes.ts'
import type { Registered } from '../ports/state-repository.ts'
import { isBannedAt, retryInMs, state } from '../resilience/breaker.ts'
import { ceilingWaitMs } from '../resilience/ceiling.ts'
import { isDenied } from './gateway-view.ts'
import { changed, type Judged } from './judged.ts'
import { NetLayers } from './net-layers.ts'

export interface ExitableDeskDeps {
  readonly account: Account
  readonly desk: CallDesk
  readonly answers: LastAnswers
  readonly quotes: Quotes
  readonly access: { readonly facts: AccessFacts }
  /** The configured position mode of the account; undefined: it has none. */
  readonly positionMode: PositionMode | undefined
  readonly graceMs: number
}

/** Positions that are judged in one cycle, so that the event loop is never blocked for long. */
const PER_CYCLE = 200
/** Time before the end of credentials from which health warns, ms. */
const LEAD_MS = 3_600_000
/** The same where a market has trading hours, ms: early enough for the evening before. */
const LEAD_WITH_HOURS_MS = 12 * 3_600_000

/** Whether each position could be exited now, why not, and since when; each cycle judges `PER_CYCLE` of them. */
export class ExitableDesk {
  /** The layers that protect each position. */
  readonly layers: NetLayers
  private readonly deps: ExitableDeskDeps
  private common: Judged
  /** Positions that are not exitable, though the account is. */
  private readonly exceptions = new Map<PositionId, Judged>()
  /** Positions that were judged since they were added. */
  private readonly judged = new Set<PositionId>()
  private round: PositionId[] = []
  private hasHours = false
  private reserved: { readonly askedAt: number; readonly units: ReadonlyMap<string, number> } = {
    askedAt: NaN,
    units: new Map(),
  }

  constructor(deps: ExitableDeskDeps) {
    this.deps = deps
    this.layers = new NetLayers(deps.account, () => this.accountWhy === undefined)
    this.common = {
      exitable: { kind: 'unknown', why: 'the broker has not answered yet' },
      since: this.now,
    }
  }

  /** Why no order of the account could leave or be accepted, by the last cycle; undefined: it could, or unknown. */
  get accountWhy(): string | undefined {
    const { exitable } = this.common
    return exitable.kind === 'no' ? exitable.why : undefined
  }

  /** Judges the account, and the next positions. */
  cycle(): void {
    const exitable = accountExitable(this.accountStanding())
    this.common = changed(this.common, exitable, this.now)
    if (exitable.kind === 'yes') this.judgeSome()
    this.layers.cycle()
  }

  /** The judgement of one open position; undefined where it is being exited, not open, or not judged yet. */
  of(id: PositionId): ExitableView | undefined {
    const row = this.deps.account.state.positions.open.get(id)
    if (row === undefined || this.isExiting(id)) return undefined
    const isCommon = this.common.exitable.kind !== 'yes'
    if (!isCommon && !this.judged.has(id)) return undefined
    const exception = this.exceptions.get(id)
    const { exitable, since } = isCommon ? this.common : (exception ?? this.common)
    return {
      state: exitable.kind,
      ...(exitable.kind !== 'yes' && { why: exitable.why }),
      since: Math.round(this.deps.account.clock.now() - (this.now - since)),
    }
  }

  /** Number of open positions by whether they could be exited, without those that are being exited. */
  counts(): Readonly<Record<Exitable['kind'], number>> {
    const total = this.positions
    const { kind } = this.common.exitable
    if (kind !== 'yes') return { yes: 0, no: 0, unknown: 0, [kind]: total }
    const kinds = [...this.exceptions.values()].map(each => each.exitable.kind)
    const no = kinds.filter(each => each === 'no').length
    const unknown = kinds.length - no
    return { yes: Math.max(0, total - kinds.length), no, unknown }
  }

  /** When the credentials end, epoch ms; undefined: never, or not known. */
  get credentialsEndAt(): number | undefined {
    const { credentials, permissions } = this.deps.access.facts
    return credentialsEnd(credentials, permissions)
  }

  facts(): ExitableFacts {
    const { exitable, since } = this.common
    const { credentials } = this.deps.access.facts
    const listed = (kind: 'no' | 'unknown') =>
      [...this.exceptions].flatMap(([id, { exitable: each, since: at }]) =>
        each.kind === kind ? [{ what: `${id}: ${each.why}`, forMs: this.now - at }] : [],
      )
    return {
      positions: this.positions,
      notExitable: listed('no'),
      unknown: listed('unknown'),
      ...(exitable.kind !== 'yes' && {
        common: {
          kind: exitable.kind,
          trouble: { what: exitable.why, forMs: this.now - since },
        },
      }),
      graceMs: this.deps.graceMs,
      credentialsEndAt: this.credentialsEndAt,
      credentialsLeadMs: this.hasHours ? LEAD_WITH_HOURS_MS : LEAD_MS,
      unreadable: credentials?.kind === 'unreadable' ? credentials.why : undefined,
      credentialTrouble: credentials?.kind === 'usable' ? credentials.trouble : undefined,
    }
  }

  private get now(): number {
    return this.deps.account.clock.steady()
  }

  private get positions(): number {
    const { positions, openExits } = this.deps.account.state
    return Math.max(0, positions.open.size - openExits.size)
  }

  private isExiting(id: PositionId): boolean {
    return this.deps.account.state.openExits.has(id)
  }

  private accountStanding(): AccountStanding {
    const { account, desk, answers, access, positionMode: expected } = this.deps
    const { credentials, permissions, mode } = access.facts
    const monotonicMs = account.clock.monotonic()
    const breakers = ENDPOINT_GROUPS.filter(group => group !== 'quotes').map(group => {
      const breaker = desk.gates.breaker(group)
      const kind = state(breaker, monotonicMs)
      const isClosed = kind === 'closed' || kind === 'disabled' || kind === 'metrics-only'
      const isBanned = isBannedAt(breaker, monotonicMs)
      return { group, isClosed, isBanned, retryInMs: retryInMs(breaker, monotonicMs) }
    })
    const orders = desk.limits.filter(({ limit }) => limit.groups.includes('orders'))
    const waits = orders.flatMap(({ throttle }) =>
      throttle.ceilings.map(each => ceilingWaitMs(each, 'exit', monotonicMs)),
    )
    return {
      now: account.clock.now(),
      killSwitch: account.state.killSwitch.state,
      isUnconfirmed: account.confirmation.isMissing,
      secondGuardOrders: account.engine.book.late.secondGuardOrders.length,
      isStoreWritable: account.storeErrors === 0,
      credentials,
      isUnauthorized: ENDPOINT_GROUPS.some(group => isDenied(desk.gates.breaker(group))),
      permissions,
      otherMode:
        mode !== undefined && expected !== undefined && mode !== expected
          ? { found: mode, expected }
          : undefined,
      breakers,
      budgetWaitMs: Math.max(0, ...waits),
      isAnswered: answers.holdings !== undefined,
    }
  }

  private judgeSome(): void {
    const { positions } = this.deps.account.state
    if (this.round.length === 0) {
      this.round = [...positions.open.keys()]
      for (const id of this.exceptions.keys()) {
        if (!positions.open.has(id) || this.isExiting(id)) this.exceptions.delete(id)
      }
      for (const id of this.judged) if (!positions.open.has(id)) this.judged.delete(id)
      this.hasHours = false
    }
    for (const id of this.round.splice(0, PER_CYCLE)) {
      const row = positions.open.get(id)
      if (row === undefined || this.isExiting(id)) continue
      const { hours } = this.deps.account.instruments.of(row.position.instrument)
      if (hours !== undefined) this.hasHours = true
      const exitable = this.judge(row)
      this.judged.add(id)
      if (exitable.kind === 'yes') this.exceptions.delete(id)
      else this.exceptions.set(id, changed(this.exceptions.get(id), exitable, this.now))
    }
  }

  private judge({ position }: Registered): Exitable {
    const { account, access } = this.deps
    const { book } = account.engine
    const { instruments } = access.facts
    const { instrument, side, priceSource } = position
    return positionExitable({
      position,
      quantity: position.quantity,
      spec: account.instruments.of(instrument),
      price: this.deps.quotes.price(instrument, viewOf(side, priceSource)),
      listed: instruments && (instruments.get(instrument) ?? 'absent'),
      isReduceOnly: book.settings.capabilities.reduceOnly,
      isLimit: nextType(null, book.settings) !== 'market',
      held: book.holdings.knownOf(position.id)?.quantity,
      reserved: this.reservedUnits().get(`${instrument} ${side}`) ?? 0,
    })
  }

  /** Units that working orders of others would take, by instrument and side of the holding. */
  private reservedUnits(): ReadonlyMap<string, number> {
    const listed = this.deps.answers.orders
    if (listed === undefined || listed.askedAt === this.reserved.askedAt) return this.reserved.units
    const { table } = this.deps.account.engine.nets
    const isOurs = (id: string): boolean => hasOurPrefix(id) || table.owner(id) !== undefined
    const units = new Map<string, number>()
    for (const { instrument, remaining, clientOrderId } of listed.answer) {
      if (clientOrderId !== null && isOurs(clientOrderId)) continue
      const key = `${instrument} ${remaining < 0 ? 'long' : 'short'}`
      units.set(key, sum(units.get(key) ?? 0, Math.abs(remaining)))
    }
    this.reserved = { askedAt: listed.askedAt, units }
    return units
  }
}
