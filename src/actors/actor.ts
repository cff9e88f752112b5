import { dispatch, Nobody, spawn, start, stop, type Ref as NactRef } from 'nact'
import type { Clock } from '../ports/clock.ts'
import { encodeName } from './encode-name.ts'
import type { Liveness } from './liveness.ts'
import { SmallActor } from './small-actor.ts'

/** Why and which incarnation of an actor ended by a throw. */
export interface Down {
  readonly name: string
  readonly epoch: number
  /** What was thrown. */
  readonly reason: unknown
}

/** What an actor is made of. */
export interface ActorOptions<State, Message> {
  readonly name: string
  /** Incarnation, from 1: a name that is spawned again takes the next one. */
  readonly epoch: number
  /** A pure value: set-up that can fail is a first message. */
  readonly initialState: State
  /** Gives the next state. Synchronous: work that waits is started here and answered by message. */
  readonly handle: (state: State, message: Message) => State
  /** Where the actor hangs; default: right under the system. */
  readonly parent?: Group
  /** What its work is added up under; default its name. */
  readonly kind?: string
  /** Called once if the handler throws, after the actor has ended, with its last state. A throw here ends the process. */
  readonly onDown: (down: Down, state: State) => void
}

/** An inert parent: it never receives a message, so its number of children costs nothing. */
export interface Group {
  readonly nactRef: NactRef<never>
}

/** Address of one incarnation of an actor. A namesake spawned later has another one. */
export interface Ref<Message> {
  readonly name: string
  readonly epoch: number
  /** Only here to tie the message type to the reference. */
  readonly accepts?: (message: Message) => void
}

/** What all actors of one kind have done, and have before them. */
export interface ActorTally {
  /** Messages sent and not yet begun. */
  queued: number
  /** Messages handled, or crashed over. */
  handled: number
  /** Time that this took, ms. */
  busyMs: number
}

/** One incarnation, as the system sees it; also the state that nact hands to the handler. */
class Cell<State, Message> implements Ref<Message>, Liveness {
  readonly name: string
  readonly epoch: number
  readonly system: ActorSystem
  readonly handle: (state: State, message: Message) => State
  readonly onDown: (down: Down, state: State) => void
  readonly tally: ActorTally
  state: State
  readonly nactRef: NactRef<unknown>
  readonly small: SmallActor
  /** Messages sent and not yet begun. */
  queued = 0
  busySince = NaN
  lastBeatAt = NaN
  stopped = false

  constructor(system: ActorSystem, options: ActorOptions<State, Message>) {
    this.system = system
    this.name = options.name
    this.epoch = options.epoch
    this.state = options.initialState
    this.handle = options.handle
    this.onDown = options.onDown
    this.tally = system.tallyOf(options.kind ?? options.name)
    const { nactRef: parent } = options.parent ?? system
    const path = `${encodeName(options.name)}.e${options.epoch}`
    const properties = { ...NACT_PROPERTIES, initialState: this as unknown as AnyCell }
    this.nactRef = spawn(parent, receive, path, properties as never)
    this.small = new SmallActor(this.nactRef)
  }
}

type AnyCell = Cell<unknown, unknown>

/** nact's types leave the sender out; without one, each message would make a new object. */
const dispatchFrom = dispatch as (ref: NactRef<unknown>, message: unknown, sender: Nobody) => void
const NOBODY = new Nobody()

/** Shared by all actors. The handler catches everything, so nact's own supervision never acts. */
const NACT_PROPERTIES = {
  onCrash: (_message: unknown, _error: unknown, context: { stop: symbol }) => context.stop,
  afterStop: () => undefined,
}

/**
 * A set of actors that can be stopped as one. nact carries the messages; what it leaves open is
 * answered here; `test/actors/nact-facts.test.ts` shows each surprise.
 */
export class ActorSystem {
  /** Messages that were sent to an actor that had ended. */
  deadLetters = 0
  /** By kind of actor. */
  readonly tallies = new Map<string, ActorTally>()
  readonly nactRef: NactRef<never> = start()
  private readonly cells = new Set<AnyCell>()
  private inFlight = 0
  private waiting: (() => void)[] = []
  /** What the liveness of actors is measured by. */
  readonly clock: Pick<Clock, 'monotonic'>

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.clock = clock
  }

  /** What the actors of a kind share; kinds are few, and come from code. */
  tallyOf(kind: string): ActorTally {
    const known = this.tallies.get(kind)
    if (known !== undefined) return known
    const tally = { queued: 0, handled: 0, busyMs: 0 }
    this.tallies.set(kind, tally)
    return tally
  }

  /** Makes an inert parent for many actors. */
  group(name: string): Group {
    const inert: () => undefined = () => undefined
    return { nactRef: spawn(this.nactRef, inert, encodeName(name)) }
  }

  /** Starts one incarnation of an actor. Throws if this very incarnation is alive already. */
  spawn<State, Message>(options: ActorOptions<State, Message>): Ref<Message> {
    const cell = new Cell(this, options)
    this.cells.add(cell as unknown as AnyCell)
    return cell
  }

  /** Sends a message. False, and a dead letter, when the actor has ended: it is not handled. */
  send<Message>(ref: Ref<Message>, message: Message): boolean {
    const cell = ref as unknown as AnyCell
    if (cell.stopped) {
      this.deadLetters++
      return false
    }
    cell.queued++
    cell.tally.queued++
    this.inFlight++
    dispatchFrom(cell.nactRef, message, NOBODY)
    return true
  }

  /** Ends an actor; what it had not begun yet is lost. Does nothing if it has ended. */
  stop<Message>(ref: Ref<Message>): void {
    const cell = ref as unknown as AnyCell
    if (cell.stopped) return
    cell.stopped = true
    this.cells.delete(cell)
    stop(cell.nactRef)
    const lost = cell.queued
    cell.queued = 0
    cell.tally.queued -= lost
    this.deadLetters += lost
    this.settle(lost)
  }

  /** Ends every actor, the youngest first, then the system. */
  stopAll(): void {
    for (const cell of [...this.cells].toReversed()) this.stop(cell)
    stop(this.nactRef)
  }

  /** Counts a call as under way until it settles, either way. */
  track(call: Promise<unknown>): void {
    this.inFlight++
    const settled = (): void => this.settle(1)
    call.then(settled, settled)
  }

  /** Whether no message and no tracked call is under way. */
  get isIdle(): boolean {
    return this.inFlight === 0
  }

  /** Resolves when nothing is under way any more. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve()
    return new Promise(resolve => this.waiting.push(resolve))
  }

  /** Counts messages or calls as done. */
  settle(count: number): void {
    this.inFlight -= count
    if (this.inFlight > 0 || this.waiting.length === 0) return
    const waiting = this.waiting
    this.waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** Time that stands still: no caller asks how long an actor takes. */
const NO_CLOCK: Pick<Clock, 'monotonic'> = { monotonic: () => 0 }

/** Starts an empty system. */
export const actorSystem = (clock = NO_CLOCK): ActorSystem => new ActorSystem(clock)

/** How an incarnation is doing, as it shows itself. */
export const livenessOf = <Message>(ref: Ref<Message>): Liveness & { readonly stopped: boolean } =>
  ref as unknown as AnyCell

/** Sends a message. False, and a dead letter, when the actor has ended: it is not handled. */
export function send<Message>(ref: Ref<Message>, message: Message): boolean {
  return (ref as unknown as AnyCell).system.send(ref, message)
}

/** The one function that nact calls, for every actor. */
function receive(cell: AnyCell, message: unknown): AnyCell {
  const { system, tally } = cell
  cell.small.handles()
  cell.queued--
  tally.queued--
  const from = system.clock.monotonic()
  cell.busySince = cell.lastBeatAt = from
  try {
    cell.state = cell.handle(cell.state, message)
  } catch (reason) {
    system.stop(cell)
    reportDown(cell, reason)
  }
  cell.busySince = NaN
  tally.handled++
  tally.busyMs += system.clock.monotonic() - from
  system.settle(1)
  return cell
}

/** An end that is not reported leaves a position without a monitor: what onDown throws is fatal. */
function reportDown({ name, epoch, onDown, state }: AnyCell, reason: unknown): void {
  try {
    onDown({ name, epoch, reason }, state)
  } catch (error) {
    // Not from here: nact would catch it, say nothing, and the system would never be idle again.
    queueMicrotask(() => {
      throw error
    })
  }
}
