import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { NotSent } from '../errors.ts'
import { clientOrderId } from '../exits/client-order-id.ts'
import type { ExitEvent, ExitRecord } from '../exits/ledger.ts'
import type { AccountBroker, ExitAnswer, OrderState } from '../ports/broker.ts'
import type { Journal } from '../ports/journal.ts'
import type { Ref } from './actor.ts'
import type { GatewayMessage, SupervisorMessage } from './messages.ts'

/** What the gateway works with. */
export interface GatewayParts {
  readonly broker: Pick<AccountBroker, 'placeExit' | 'orderByClientId'>
  readonly journal: Journal
  readonly supervisor: Ref<SupervisorMessage>
  /** Makes an exit durable: the promise resolves when it is on disk. */
  save(record: ExitRecord): Promise<void>
  /** Makes a later state of an exit durable soon; nobody waits for it. */
  note(record: ExitRecord): void
  /** Set where nothing may ever be sent: told of each exit instead. */
  observe?: ((decision: Decision, position: Position) => void) | undefined
  /** Whether an exit must wait before it is sent. */
  isHeld?(record: ExitRecord): boolean
  /** Epoch ms. */
  now(): number
  /** Longest wait for one answer of the broker, ms; Infinity in virtual time. */
  readonly callTimeoutMs: number
  /** Sends a message to the gateway itself. */
  self(message: GatewayMessage): void
  /** Tells whoever waits for quiet that a call is under way. */
  track(call: Promise<unknown>): void
}

/** Starts what an action needs; how it ended comes back as a message. */
export function perform(
  parts: GatewayParts,
  action: 'save' | 'send' | 'ask',
  record: ExitRecord,
): void {
  switch (action) {
    case 'save':
      start(parts, record.positionId, saved(parts, record))
      return
    case 'send':
      start(parts, record.positionId, sent(parts, record))
      return
    case 'ask':
      start(parts, record.positionId, asked(parts, record))
  }
}

function start(
  { self, track }: GatewayParts,
  positionId: PositionId,
  call: Promise<ExitEvent | undefined>,
): void {
  track(
    call.then(event => {
      if (event !== undefined) self({ kind: 'happened', positionId, event })
    }),
  )
}

/** A save that fails is tried again in the next cycle: nothing has left. */
async function saved(
  { save, journal }: GatewayParts,
  record: ExitRecord,
): Promise<ExitEvent | undefined> {
  try {
    await save(record)
    return { kind: 'recorded' }
  } catch (error) {
    journal({ kind: 'store-failed', error })
    return undefined
  }
}

async function sent(parts: GatewayParts, record: ExitRecord): Promise<ExitEvent> {
  try {
    const { signal, end } = deadline(parts)
    try {
      return answered(parts, record, await parts.broker.placeExit(record.order, signal))
    } finally {
      end()
    }
  } catch (error) {
    if (error instanceof NotSent) return { kind: 'not-sent' }
    parts.journal({ kind: 'exit-failed', decision: record.decision, error })
    return { kind: 'outcome-unknown', at: parts.now() }
  }
}

function answered(parts: GatewayParts, record: ExitRecord, answer: ExitAnswer): ExitEvent {
  switch (answer.kind) {
    case 'filled':
      return { kind: 'filled', fill: answer.fill }
    case 'acknowledged':
      return { kind: 'acknowledged' }
    case 'rejected':
      return rejected(parts, record, answer.code)
  }
}

function rejected({ now }: GatewayParts, record: ExitRecord, code: string): ExitEvent {
  const { account, positionId, generation, attempt } = record
  const nextId = clientOrderId({ account, positionId, generation, attempt: attempt + 1 })
  return { kind: 'rejected', code, at: now(), nextId }
}

/** A question that fails proves nothing; it is asked again in the next cycle. */
async function asked(parts: GatewayParts, record: ExitRecord): Promise<ExitEvent | undefined> {
  try {
    const order = await parts.broker.orderByClientId(record.order.clientOrderId)
    return proved(parts, record, order)
  } catch (error) {
    parts.journal({ kind: 'exit-failed', decision: record.decision, error })
    return undefined
  }
}

function proved(parts: GatewayParts, record: ExitRecord, order: OrderState): ExitEvent | undefined {
  switch (order.kind) {
    case 'filled':
      return { kind: 'filled', fill: order.fill }
    case 'working':
      return { kind: 'acknowledged' }
    case 'cancelled':
      return rejected(parts, record, 'cancelled')
    case 'absent':
      return { kind: 'absent' }
    case 'unknown':
      return undefined
  }
}

/** Ends a call that the broker does not answer: then its outcome is unknown. */
function deadline({ callTimeoutMs }: GatewayParts): { signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  if (callTimeoutMs === Infinity) return { signal: controller.signal, end: () => undefined }
  const timer = setTimeout(() => controller.abort(), callTimeoutMs)
  return { signal: controller.signal, end: () => clearTimeout(timer) }
}
