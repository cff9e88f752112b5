import type { PositionId } from '../domain/ids.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import { isNetEvent, type JournalEvent, type NetJournalEvent } from '../ports/journal.ts'
import { codeOf, textOf } from './journal-line.ts'

/** The content of the journal line of an event. */
export interface EventLine {
  readonly kind: JournalKind
  /** The position that the line is about; undefined: the service as a whole. */
  readonly positionId?: PositionId
  readonly detail: Readonly<Record<string, unknown>>
}

/** Events that change the account, or are counted, before their line is written. */
export type ActingEvent = Extract<
  JournalEvent,
  {
    kind:
      | 'exit-filled'
      | 'exit-closed'
      | 'exit-failed'
      | 'exit-late-fill'
      | 'position-gone'
      | 'position-shrunk'
      | 'released-order-over'
  }
>

/** Events that change nothing: they are counted, and most have a line. */
export type PlainEvent = Exclude<JournalEvent, ActingEvent>

/** The line of an event that changes nothing; undefined where it has none. */
export function lineFor(event: PlainEvent): EventLine | undefined {
  if (isNetEvent(event)) return netLine(event)
  switch (event.kind) {
    case 'exit-intended':
    case 'store-failed':
    case 'reconcile-failed':
      return undefined
    case 'exit-unknown':
    case 'exit-priceless':
      return about(event, {})
    case 'exit-rejected':
      return about(event, { code: event.code, rejections: event.rejections })
    case 'exit-stuck':
    case 'exit-fault':
      return about(event, { steps: event.steps })
    case 'exit-unproved':
      return about(event, unprovedDetail(event))
    case 'exit-foreign':
      return about(event, { by: event.by })
    case 'exit-unverified':
      return about(event, { forMs: event.forMs, isSent: event.isSent })
    case 'exit-dust':
      return about(event, { left: event.left })
    case 'exit-late-order': {
      const { kind, positionId, clientOrderId, isOver } = event
      return { kind, positionId, detail: { clientOrderId, isOver } }
    }
    case 'exit-below-minimum':
      return about(event, { value: event.value, minimum: event.minimum })
    case 'exit-reserved':
      return about(event, { orders: event.orders })
    case 'holding-oversold':
    case 'holding-unowned':
      return { kind: event.kind, detail: { ...event.holding, quantity: event.quantity } }
    case 'holding-unknown':
      return { kind: event.kind, detail: { ...event.holding, forMs: event.forMs } }
    case 'isolated-fault':
      return { kind: event.kind, detail: { what: event.what, error: textOf(event.error) } }
    case 'second-guard':
      return { kind: event.kind, detail: { clientOrderId: event.clientOrderId } }
    // A restart by hand has a line of its own that names who asked for it.
    case 'monitor-restarted':
      if (event.cause === 'hand') return undefined
      return { kind: event.kind, positionId: event.positionId, detail: restartOf(event) }
    case 'monitor-gave-up': {
      const { positionId, action, reason } = event
      return { kind: event.kind, positionId, detail: { action, error: textOf(reason) } }
    }
    case 'actor-restarted':
      if (event.cause === 'hand') return undefined
      return { kind: event.kind, detail: { actor: event.actor, ...restartOf(event) } }
    case 'actor-gave-up':
      return { kind: event.kind, detail: { actor: event.actor, error: textOf(event.reason) } }
    case 'common-cause':
      return { kind: event.kind, detail: { restartsPerSecond: event.restartsPerSecond } }
  }
}

const unprovedDetail = ({
  clientOrderId,
  forMs,
  steps,
}: Extract<PlainEvent, { readonly kind: 'exit-unproved' }>) => ({ clientOrderId, forMs, steps })

function netLine(event: NetJournalEvent): EventLine {
  if (event.kind === 'net-orphan') {
    const { kind, ...detail } = event
    return { kind, detail }
  }
  const { kind, positionId, ...detail } = event
  return { kind, positionId, detail }
}

/** The name under which an event counts as an error of a cycle; undefined where it is no error. */
export function errorNameOf(event: JournalEvent): string | undefined {
  if (isNetEvent(event)) return undefined
  switch (event.kind) {
    case 'store-failed':
    case 'exit-failed':
    case 'reconcile-failed':
      return codeOf(event.error)
    case 'exit-foreign':
      return 'foreign-order'
    case 'isolated-fault':
      return 'isolated-fault'
    case 'monitor-restarted':
      return event.cause === 'hand' ? undefined : 'monitor-crash'
    case 'actor-restarted':
      return event.cause === 'hand' ? undefined : 'actor-crash'
    case 'exit-intended':
    case 'exit-filled':
    case 'exit-closed':
    case 'exit-unknown':
    case 'exit-rejected':
    case 'exit-stuck':
    case 'exit-fault':
    case 'exit-unproved':
    case 'exit-unverified':
    case 'exit-dust':
    case 'exit-below-minimum':
    case 'exit-priceless':
    case 'exit-reserved':
    case 'exit-late-fill':
    case 'exit-late-order':
    case 'released-order-over':
    case 'position-gone':
    case 'position-shrunk':
    case 'holding-oversold':
    case 'holding-unowned':
    case 'holding-unknown':
    case 'second-guard':
    case 'monitor-gave-up':
    case 'actor-gave-up':
    case 'common-cause':
      return undefined
  }
}

const about = (
  { kind, decision: { positionId } }: Extract<PlainEvent, { decision: unknown }>,
  detail: EventLine['detail'],
): EventLine => ({ kind, positionId, detail })

const restartOf = ({ epoch, cause, reason }: { epoch: number; cause: string; reason: unknown }) => {
  return { epoch, cause, error: textOf(reason) }
}
