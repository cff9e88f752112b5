import type { Holding, HoldingKey, HoldingReport } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import { holdingName } from '../exits/holding-state.ts'
import type { OpenOrder, OrderState } from '../ports/broker.ts'
import type { Journal } from '../ports/journal.ts'
import type { HoldingSource, Sender } from '../ports/sender.ts'
import { withDeadline } from './deadline.ts'
import type { GatewayMessage, ReconcilerMessage } from './messages.ts'

/** What the reconciler works with. */
export interface ReconcilerDeps {
  readonly broker: HoldingSource & Pick<Sender, 'orderByClientId'>
  readonly journal: Journal
  /** The holding that a position is a part of; undefined where it is not open. */
  keyOf(position: PositionId): HoldingKey | undefined
  /** Epoch ms; never jumps. */
  now(): number
  /** Longest wait for one answer of the broker, ms; Infinity where the call desk bounds each call. */
  readonly callTimeoutMs: number
  /** Time between two lists of everything that is held, ms. */
  readonly reconcileMs: number
  /** Sends a message to the reconciler itself. */
  self(message: ReconcilerMessage): void
  sendToGateway(message: GatewayMessage): void
  /** Registers a call under way with those that wait for quiet. */
  track(call: Promise<unknown>): void
}

export interface ReconcilerState {
  readonly parts: ReconcilerDeps
  /** Questions under way, and whether each was asked again meanwhile. */
  readonly underWay: Map<string, boolean>
  /** When the last list was asked for, epoch ms. */
  readonly listedAt: number
}

/** The first state of a reconciler: it has asked for nothing. */
export const reconcilerState = (parts: ReconcilerDeps): ReconcilerState => ({
  parts,
  underWay: new Map(),
  listedAt: -Infinity,
})

const ORDERS = 'orders'
const HOLDINGS = 'holdings'

/** Asks the broker what is held, again and again and whenever an exit needs to know. */
export function reconciler(state: ReconcilerState, message: ReconcilerMessage): ReconcilerState {
  const { parts } = state
  switch (message.kind) {
    case 'ask-for': {
      const key = parts.keyOf(message.position)
      if (key !== undefined) askHolding(state, key)
      return state
    }
    case 'ask':
      askHolding(state, message.key)
      return state
    case 'list':
      listHoldings(state)
      return state
    case 'list-orders':
      listOrders(state)
      return state
    case 'look-up':
      lookUp(state, message)
      return state
    case 'ended': {
      const isWantedAgain = state.underWay.get(message.question) === true
      state.underWay.delete(message.question)
      if (isWantedAgain) parts.self(message.again)
      return state
    }
    case 'cycle': {
      const now = parts.now()
      if (now < state.listedAt + parts.reconcileMs) return state
      listHoldings(state)
      listOrders(state)
      return { ...state, listedAt: now }
    }
  }
}

function askHolding(state: ReconcilerState, key: HoldingKey): void {
  const { broker } = state.parts
  ask<HoldingReport>(
    state,
    { question: holdingName(key), again: { kind: 'ask', key } },
    {
      call: (signal, left) => broker.holding(key, signal, left),
      toMessage: (report, askedAt) => ({ kind: 'holding', key, report, askedAt }),
      otherwise: { kind: 'unknown' },
    },
  )
}

function listHoldings(state: ReconcilerState): void {
  const { broker } = state.parts
  ask<readonly Holding[]>(
    state,
    { question: HOLDINGS, again: { kind: 'list' } },
    {
      call: signal => broker.holdings(signal),
      toMessage: (holdings, askedAt) => ({ kind: 'holdings', holdings, askedAt }),
    },
  )
}

function listOrders(state: ReconcilerState): void {
  const { broker } = state.parts
  if (broker.openOrders === undefined) return
  ask<readonly OpenOrder[]>(
    state,
    { question: ORDERS, again: { kind: 'list-orders' } },
    {
      call: signal => broker.openOrders!(signal),
      toMessage: (orders, askedAt) => ({ kind: 'orders', orders, askedAt }),
    },
  )
}

function lookUp(
  state: ReconcilerState,
  again: Extract<ReconcilerMessage, { kind: 'look-up' }>,
): void {
  const { clientOrderId, instrument } = again
  ask<OrderState>(
    state,
    { question: `order ${clientOrderId}`, again },
    {
      call: signal => state.parts.broker.orderByClientId(clientOrderId, signal, instrument),
      toMessage: (order, askedAt) => ({
        kind: 'order',
        clientOrderId,
        order,
        by: 'look-up',
        askedAt,
      }),
    },
  )
}

interface Question {
  readonly question: string
  readonly again: ReconcilerMessage
}

interface Asking<Answer> {
  call(signal: AbortSignal, left: () => void): Promise<Answer>
  toMessage(answer: Answer, askedAt: number): GatewayMessage
  /** What a failure means to the gateway; undefined: nothing. */
  readonly otherwise?: Answer
}

/** Asks one question at a time; who asks meanwhile gets an answer that was asked for later. */
function ask<Answer>(
  { parts, underWay }: ReconcilerState,
  { question, again }: Question,
  asking: Asking<Answer>,
): void {
  if (underWay.has(question)) {
    underWay.set(question, true)
    return
  }
  underWay.set(question, false)
  parts.track(answered(parts, asking).then(() => parts.self({ kind: 'ended', question, again })))
}

async function answered<Answer>(
  { callTimeoutMs, now, sendToGateway, journal }: ReconcilerDeps,
  { call, toMessage, otherwise }: Asking<Answer>,
): Promise<void> {
  let askedAt = now()
  const left = (): void => void (askedAt = now())
  try {
    const answer = await withDeadline(callTimeoutMs, signal => call(signal, left))
    sendToGateway(toMessage(answer, askedAt))
  } catch (error) {
    journal({ kind: 'reconcile-failed', error })
    if (otherwise !== undefined) sendToGateway(toMessage(otherwise, askedAt))
  }
}
