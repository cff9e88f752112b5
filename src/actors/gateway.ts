import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { AccountBook } from '../exits/account-book.ts'
import { maySend, type KillSwitch } from '../exits/kill-switch.ts'
import type { Notice } from '../exits/notices.ts'
import type { EndedExit, ExitRecord } from '../exits/record.ts'
import { send } from './actor.ts'
import { lookUpLate, perform, type GatewayParts } from './gateway-calls.ts'
import type { GatewayMessage } from './messages.ts'

export interface GatewayState {
  /** Written by the gateway alone. */
  readonly book: AccountBook
  readonly parts: GatewayParts
  readonly killSwitch: KillSwitch
  /** Nothing is sent before a person has confirmed what the account holds. */
  readonly isUnconfirmed: boolean
  /** Records that are on their way to the store: they need not be written again. */
  readonly noted: WeakSet<ExitRecord>
}

/** A position that is closed, and how its exit ended where that was kept. */
interface Ended {
  readonly position: Position
  readonly generation: number
  readonly exited?: EndedExit
}

/** What an earlier process left in the store. */
export interface GatewayPast {
  /** Exits that are not over, each with its position. */
  readonly exits: readonly { readonly record: ExitRecord; readonly position: Position }[]
  /** Positions that are open and have no exit. */
  readonly open: readonly { readonly position: Position; readonly generation: number }[]
  readonly released: readonly { readonly position: Position; readonly generation: number }[]
  /** Exits of released positions whose orders may still be executed. */
  readonly followed: readonly { readonly record: ExitRecord; readonly position: Position }[]
  /** Positions that are over by exits with an order that may still arrive. */
  readonly ended: readonly Ended[]
  readonly killSwitch: KillSwitch
  readonly isUnconfirmed: boolean
}

/** The first state of a gateway: the book takes up what an earlier process left behind. */
export function gatewayState(
  book: AccountBook,
  parts: GatewayParts,
  { exits, open, released, followed, ended, killSwitch, isUnconfirmed }: GatewayPast,
): GatewayState {
  const now = parts.now()
  const each = <Kept extends { readonly position: Position }>(
    what: string,
    kept: readonly Kept[],
    take: (kept: Kept) => void,
  ): void => {
    for (const one of kept) {
      book.faults.alone(`${what} ${one.position.id}`, () => take(one), undefined)
    }
  }
  each('release', released, ({ position, generation }) =>
    book.release(position, { generation, now }),
  )
  each('remember', ended, ({ position, generation, exited }) =>
    book.remember(position, { generation, exited, now }),
  )
  each('follow', followed, ({ record, position }) => book.restoreReleased(record, position, now))
  each('own', open, ({ position, generation }) => book.own(position, { generation, now }))
  each('own', exits, ({ record, position }) =>
    book.own(position, { generation: record.generation, now }),
  )
  // What comes to a holding after the exit whose evidence it is counts as new in it.
  each('restore', exits, ({ record, position }) => book.exits.restore(record, { position, now }))
  return { book, parts, killSwitch, isUnconfirmed, noted: new WeakSet() }
}

/**
 * The one place that every order passes. Sends one exit per position, however often it is asked for. What
 * throws for one position or holding ends nothing that the others need.
 */
export function gateway(state: GatewayState, message: GatewayMessage): GatewayState {
  const subject = subjectOf(message)
  if (subject === undefined) return handled(state, message)
  return state.book.faults.alone(subject, () => handled(state, message), state)
}

/** What was asked, and for which position; undefined for a message about all of them. */
function subjectOf(message: GatewayMessage): string | undefined {
  switch (message.kind) {
    case 'exit':
      return `intent of ${message.position.id}`
    case 'own':
    case 'release':
    case 'take-back':
      return `${message.kind} ${message.position.id}`
    case 'recorded':
      return `${message.kind} ${message.record.positionId}`
    case 'ended':
      return `${message.kind} ${message.of.id}`
    case 'late':
      return `${message.kind} ${message.clientOrderId}`
    case 'pushed':
      return `${message.kind} ${message.update.clientOrderId}`
    case 'holding':
      return `report on ${message.key.instrument}`
    case 'holdings':
    case 'orders':
    case 'confirm':
    case 'cycle':
    case 'kill-switch':
    case 'discard':
      return undefined
  }
}

function handled(state: GatewayState, message: GatewayMessage): GatewayState {
  const { book, parts } = state
  switch (message.kind) {
    case 'exit':
      intend(state, message)
      return state
    case 'own': {
      const { position, generation } = message
      const beside = book.own(position, { generation, now: parts.now() })
      if (beside !== undefined) changed(state, beside)
      // Else the next cycle asks for its holding by name; an exit that cannot wait does so itself.
      if (parts.asksAtOnce === true) parts.ask({ kind: 'ask-for', position: position.id })
      return state
    }
    case 'release': {
      const { position, generation } = message
      const beside = book.release(position, { generation, now: parts.now() })
      if (beside !== undefined) changed(state, beside)
      followReleased(state)
      return state
    }
    case 'recorded':
      book.exits.recorded(message.record, parts.now())
      changed(state, message.record.positionId)
      return state
    case 'ended':
      book.ended(message.of, message.event)
      changed(state, message.of.id)
      followReleased(state)
      return state
    case 'late':
      book.late.seen(message.clientOrderId, message.order)
      return state
    case 'pushed':
      pushed(state, message)
      return state
    case 'holding': {
      const { key, report, ...asked } = message
      changedEach(state, book.reported(key, report, { ...asked, now: parts.now() }))
      followReleased(state)
      return state
    }
    case 'holdings': {
      const { lacking, affected } = book.heldAll(message.holdings, {
        askedAt: message.askedAt,
        now: parts.now(),
      })
      for (const key of lacking) parts.ask({ kind: 'ask', key })
      changedEach(state, affected)
      followReleased(state)
      return state
    }
    case 'orders':
      book.listed(message.orders, { askedAt: message.askedAt, now: parts.now() })
      changedEach(state, book.exits.ids())
      followReleased(state)
      return state
    case 'cycle':
      book.cycle(parts.now())
      for (const key of book.doubtful()) parts.ask({ kind: 'ask', key })
      for (const question of book.lateQuestions(parts.now())) lookUpLate(parts, question)
      actOnAll(state)
      return state
    case 'kill-switch':
      return actOnAll({ ...state, killSwitch: message.killSwitch })
    case 'confirm':
      return actOnAll({ ...state, isUnconfirmed: message.isUnconfirmed })
    case 'discard':
      message.done(book.exits.discard())
      return state
    case 'take-back':
      takeBack(state, message)
      return state
  }
}

function intend(
  state: GatewayState,
  { decision, position, generation }: Extract<GatewayMessage, { kind: 'exit' }>,
): void {
  const { book, parts } = state
  if (parts.observe !== undefined) {
    parts.observe(decision, position)
    sendIntended(parts, { positionId: position.id, generation })
    return
  }
  book.exits.intend(decision, { position, generation, now: parts.now() })
  if (book.exits.isIntended(position.id))
    sendIntended(parts, { positionId: position.id, generation })
  act(state, position.id)
}

function takeBack(
  { book, parts }: GatewayState,
  { record, position }: Extract<GatewayMessage, { kind: 'take-back' }>,
): void {
  const { id } = position
  // A new incarnation has it already, and a position that was released has none.
  if (book.exits.record(id) !== undefined || book.generationOf(id) !== record.generation) return
  book.exits.restore(record, { position, now: parts.now() })
}

/** An update of an order that is not ours is ignored. */
function pushed(
  state: GatewayState,
  { update: { clientOrderId: id, order } }: Extract<GatewayMessage, { kind: 'pushed' }>,
): void {
  const { book, parts } = state
  const at = parts.now()
  const seen = { kind: 'seen', id, order, by: 'stream', askedAt: at, at } as const
  const owner = book.exits.owner(id)
  if (owner !== undefined) {
    book.exits.happened(owner, seen)
    changed(state, owner)
    return
  }
  const released = book.released.owner(id)
  if (released === undefined) {
    book.late.seen(id, order)
    return
  }
  book.released.happened(released, seen)
  followReleased(state)
}

function actOnAll(state: GatewayState): GatewayState {
  const { book } = state
  for (const id of book.exits.ids())
    book.faults.alone(`exit of ${id}`, () => act(state, id), undefined)
  followReleased(state)
  return state
}

/** Begins what is due for orders of released positions; what is new of them becomes durable soon. */
function followReleased({ book, parts, killSwitch, noted }: GatewayState): void {
  const gates = {
    now: parts.now(),
    mayCancel: maySend(killSwitch) && parts.observe === undefined,
  }
  for (const order of book.released.all()) {
    book.faults.alone(
      `exit of ${order.name}`,
      () => {
        for (const call of book.released.due(order, gates)) {
          if (call === 'ask-holding') parts.ask({ kind: 'ask', key: order.group.key })
          else perform(parts, call, order.record)
        }
        const { record, position } = order
        if (book.released.of(record) !== order || noted.has(record)) return
        noted.add(record)
        parts.noteReleased?.({ record, position })
      },
      undefined,
    )
  }
}

/** Something is new of an exit: that becomes durable soon, and what follows from it begins. */
function changed(state: GatewayState, id: PositionId): void {
  const { book, parts, noted } = state
  act(state, id)
  const record = book.exits.record(id)
  if (record === undefined || !isNews(record) || noted.has(record)) return
  noted.add(record)
  parts.note(record)
}

function changedEach(state: GatewayState, ids: Iterable<PositionId>): void {
  const { faults } = state.book
  for (const id of ids) faults.alone(`exit of ${id}`, () => changed(state, id), undefined)
}

/** Whether a new process would learn more from the store; what was never sent is saved before it is. */
const isNews = ({ state }: ExitRecord): boolean =>
  state.kind !== 'intending' &&
  state.kind !== 'intended' &&
  state.kind !== 'sending' &&
  state.kind !== 'flat'

/** Begins what is due for an exit. */
function act({ book, parts, killSwitch, isUnconfirmed }: GatewayState, id: PositionId): void {
  const record = book.exits.record(id)
  if (record === undefined) return
  // What an earlier process had decided waits, too, for one that may send.
  const mayLeave = maySend(killSwitch) && parts.observe === undefined
  const isHeld = isUnconfirmed || parts.isHeld?.(record) === true
  const gates = {
    now: parts.now(),
    maySend: mayLeave && !isHeld && book.strangers.length === 0,
    mayCancel: mayLeave,
  }
  for (const call of book.exits.due(id, gates)) {
    const present = book.exits.record(id)
    if (present !== undefined) perform(parts, call, present)
  }
}

/** The position that a notice without a decision is about; undefined where it is about none. */
const idOf = (notice: Notice): PositionId | undefined =>
  'positionId' in notice ? notice.positionId : undefined

/** A generation of a position. */
interface Life {
  readonly positionId: PositionId
  readonly generation: number
}

/** The supervisor knows then that the monitor need not repeat itself. */
const sendIntended = ({ supervisor }: Pick<GatewayParts, 'supervisor'>, life: Life): boolean =>
  send(supervisor, { kind: 'intended', ...life })

/**
 * Takes a notice of the book: journals it, and sends the end of an exit to the supervisor. Gives the
 * position that is over.
 */
export function noticed(
  { journal, supervisor }: Pick<GatewayParts, 'journal' | 'supervisor'>,
  book: Pick<AccountBook, 'generationOf'>,
  notice: Notice,
): PositionId | undefined {
  const lifeOf = (positionId: PositionId): Life => {
    return { positionId, generation: book.generationOf(positionId) ?? 0 }
  }
  const positionId = 'decision' in notice ? notice.decision.positionId : idOf(notice)
  journal(notice, positionId && book.generationOf(positionId))
  const over = (id: PositionId): PositionId => {
    send(supervisor, { kind: 'closed', ...lifeOf(id) })
    return id
  }
  switch (notice.kind) {
    case 'exit-intended':
      sendIntended({ supervisor }, lifeOf(notice.decision.positionId))
      return undefined
    case 'exit-filled':
    case 'exit-closed':
      return over(notice.decision.positionId)
    case 'position-gone':
      return over(notice.positionId)
    case 'released-order-over':
    case 'exit-late-fill':
    case 'exit-unknown':
    case 'exit-rejected':
    case 'exit-stuck':
    case 'exit-unproved':
    case 'exit-unverified':
    case 'exit-fault':
    case 'exit-foreign':
    case 'exit-dust':
    case 'exit-reserved':
    case 'position-shrunk':
    case 'holding-oversold':
    case 'holding-unknown':
    case 'holding-unowned':
    case 'second-guard':
    case 'isolated-fault':
      return undefined
  }
}
