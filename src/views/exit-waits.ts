import type { Account } from '../account/account.ts'
import type { CallDesk } from '../calls/call-desk.ts'
import type { PositionId } from '../domain/ids.ts'
import { belowOf, isPriceless } from '../exits/exit-state.ts'
import { otherLockHolder } from '../exits/neighbours.ts'
import type { ExitRecord } from '../exits/record.ts'
import { asksHolding, isHoldingEvidence } from '../exits/settings.ts'
import { retryInMs, state } from '../resilience/breaker.ts'

/** What is needed to find what an exit waits for. */
export interface WaitDeps {
  readonly account: Pick<Account, 'engine' | 'isObserving'>
  readonly desk: Pick<CallDesk, 'gates'>
  /** Why no order of the account could leave or be accepted; undefined: an order could, or that is not known. */
  readonly accountWhy: string | undefined
  /** The gateway's clock (epoch ms), and the monotonic clock (ms). */
  readonly steadyMs: number
  readonly monotonicMs: number
}

/** The first cause that an exit waits for; undefined where the exit is over. */
export function waitOf(record: ExitRecord, deps: WaitDeps): string | undefined {
  switch (record.state.kind) {
    case 'flat':
      return undefined
    case 'filled':
      return 'its end to be durable'
    case 'intending':
      return 'its decision to be durable'
    case 'intended':
    case 'queued':
    case 'rejected':
      return unsent(record, deps)
    case 'sending':
      return 'the answer to its order'
    case 'acknowledged':
    case 'partly-filled':
      return afterBreaker('account', 'the execution of its order', deps)
    case 'unknown': {
      const forS = seconds(deps.steadyMs - record.state.since)
      return afterBreaker('account', `proof of what became of its order, for ${forS} s`, deps)
    }
    case 'foreign':
      return 'a person, or the end of an order with its id that this store did not send'
  }
}

/** What an attempt waits for that has not left. */
function unsent(record: ExitRecord, deps: WaitDeps): string {
  const { state: own } = record
  if (deps.account.isObserving) return 'mode guard: the service observes, and sends nothing'
  if (deps.accountWhy !== undefined) return `the account: ${deps.accountWhy}`
  const lock = lockOf(record.positionId, deps)
  if (lock !== undefined) return lock
  const working = record.pastOrders.find(({ isWorking }) => isWorking === true)
  if (working !== undefined) {
    const what = working.isNet === true ? 'its stop at the venue' : 'an earlier order of it'
    return `the proved end of ${what}, ${working.clientOrderId}`
  }
  const below = belowOf(own)
  if (below !== undefined)
    return `another price: it is worth ${below.value}, less than the smallest order (${below.minimum})`
  if (isPriceless(own)) return 'a price, for the limit of its order'
  const untilMs =
    own.kind === 'rejected' ? own.retryAt : own.kind === 'intended' ? own.notBefore : 0
  const leftMs = untilMs - deps.steadyMs
  if (leftMs > 0) {
    const why = own.kind === 'rejected' ? `: the venue refused it (${own.code})` : ''
    return `${seconds(leftMs)} s${why}`
  }
  if (own.kind === 'queued') return afterBreaker('orders', TURN, deps)
  const { capabilities } = deps.account.engine.book.settings
  return asksHolding(capabilities)
    ? afterBreaker('account', 'an answer about its holding', deps)
    : afterBreaker('orders', TURN, deps)
}

const TURN = 'its turn under the limit of orders (throttle)'

/** The wait for another exit that has the lock on the same holding, where the holding is the evidence. */
function lockOf(id: PositionId, { account }: WaitDeps): string | undefined {
  const { book } = account.engine
  if (!isHoldingEvidence(book.settings.capabilities)) return undefined
  const holder = otherLockHolder(book.holdings, id)
  return holder === undefined
    ? undefined
    : `the lock on its holding, which the exit of ${holder} has`
}

/** What a call of a group waits for: its circuit breaker, or otherwise `what`. */
function afterBreaker(
  group: 'orders' | 'account',
  what: string,
  { desk, monotonicMs }: WaitDeps,
): string {
  const breaker = desk.gates.breaker(group)
  const kind = state(breaker, monotonicMs)
  if (kind !== 'open' && kind !== 'forced-open') return what
  const leftMs = retryInMs(breaker, monotonicMs)
  if (leftMs === Infinity) return `a person: the circuit breaker of ${group} was opened by hand`
  const isBan = breaker.transitions.at(-1)?.cause === 'ban'
  const why = isBan ? `the ban by the venue to end` : `the circuit breaker of ${group}`
  return `${why}, ${seconds(leftMs)} s; then ${what}`
}

const seconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1_000))
