const CALLS_IN_FLIGHT = 20
const POLLS_IN_FLIGHT = 12

/** The lanes, the most urgent first. */
export const LANES = ['exits', 'orderStatus', 'holdings', 'quotes'] as const

/** Name of one lane. */
export type Lane = (typeof LANES)[number]

/** One waiting call; `key` is its slot: a position, an order, a holding or an instrument. */
export interface Waiting<Call> {
  readonly key: string
  /** Value of the order, money; the higher goes first. Only exits differ in it. */
  readonly urgency: number
  /** Since when the slot waits; a newer call in the same slot keeps it. */
  readonly since: number
  readonly call: Call
}

/** Queues and calls in flight of one limit: plain data. */
export interface Lanes<Call> {
  /** Most slots of each lane. */
  readonly bound: number
  readonly queues: Readonly<Record<Lane, readonly Waiting<Call>[]>>
  readonly exitsInFlight: number
  readonly pollsInFlight: number
  readonly dropped: Readonly<Record<Lane, number>>
}

const each = <T>(value: T): Record<Lane, T> => ({
  exits: value,
  orderStatus: value,
  holdings: value,
  quotes: value,
})

/** Empty lanes of at most `bound` slots each. */
export const lanes = <Call>(bound: number): Lanes<Call> => ({
  bound,
  queues: each([]),
  exitsInFlight: 0,
  pollsInFlight: 0,
  dropped: each(0),
})

/** The more urgent first, then who waits longer. */
const order = (a: Waiting<unknown>, b: Waiting<unknown>): number =>
  b.urgency - a.urgency || a.since - b.since || (a.key < b.key ? -1 : 1)

/**
 * Puts a call in its slot; the newest call of a slot wins. Past the bound the least urgent is left
 * out and counted; a left-out exit is offered again by its owner, who holds the intent.
 */
export function enqueue<Call>(of: Lanes<Call>, lane: Lane, waiting: Waiting<Call>): Lanes<Call> {
  const queue = of.queues[lane]
  const tail = queue.at(-1)
  const isLast = tail === undefined || order(tail, waiting) < 0
  if (isLast && queue.length < of.bound && !queue.some(({ key }) => key === waiting.key)) {
    return { ...of, queues: { ...of.queues, [lane]: [...queue, waiting] } }
  }
  const before = queue.find(({ key }) => key === waiting.key)
  const kept = { ...waiting, since: before?.since ?? waiting.since }
  const others = queue.filter(({ key }) => key !== waiting.key)
  const ordered = [...others, kept].toSorted(order)
  const left = Math.max(0, ordered.length - of.bound)
  return {
    ...of,
    queues: { ...of.queues, [lane]: ordered.slice(0, of.bound) },
    dropped: { ...of.dropped, [lane]: of.dropped[lane] + left },
  }
}

/** Whether one more call of the lane may be in flight: polls leave room for exits. */
export const hasRoom = ({ exitsInFlight, pollsInFlight }: Lanes<unknown>, lane: Lane): boolean =>
  exitsInFlight + pollsInFlight < CALLS_IN_FLIGHT &&
  (lane === 'exits' || pollsInFlight < POLLS_IN_FLIGHT)

/** Takes a waiting call out of the lane: it is not sent. */
export const remove = <Call>(of: Lanes<Call>, lane: Lane, gone: Waiting<Call>): Lanes<Call> => ({
  ...of,
  queues: { ...of.queues, [lane]: of.queues[lane].filter(each => each !== gone) },
})

/** The same, and counts it in flight, as one of the lane `countsAs`. */
export const take = <Call>(
  of: Lanes<Call>,
  lane: Lane,
  taken: Waiting<Call>,
  countsAs: Lane = lane,
): Lanes<Call> => ({
  ...remove(of, lane, taken),
  ...(countsAs === 'exits'
    ? { exitsInFlight: of.exitsInFlight + 1 }
    : { pollsInFlight: of.pollsInFlight + 1 }),
})

/** A call of the lane has ended, however. */
export const landed = <Call>(of: Lanes<Call>, lane: Lane): Lanes<Call> =>
  lane === 'exits'
    ? { ...of, exitsInFlight: Math.max(0, of.exitsInFlight - 1) }
    : { ...of, pollsInFlight: Math.max(0, of.pollsInFlight - 1) }

/** Depth and longest wait in ms of a lane at `now`; 0 when it is empty. */
export function measure<Call>(of: Lanes<Call>, lane: Lane, now: number) {
  const queue = of.queues[lane]
  const oldest = queue.reduce((since, waiting) => Math.min(since, waiting.since), now)
  return { depth: queue.length, oldestWaitMs: now - oldest, dropped: of.dropped[lane] }
}
