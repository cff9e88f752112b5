/** The environment variable with the step at which a guarded process ends. */
export const CRASH_AT = 'CRASH_AT'

type Write = 'decided' | 'progress' | 'end' | 'net'
type Route = 'place' | 'cancel' | 'order' | 'holding' | 'stop'

/**
 * A step of an exit. Of a write: before it is on disk, and after. Of a request: before any byte is
 * sent, after the last one, and when its answer has arrived unread.
 */
export type Label = Write | `${Write}, durable` | `${Route}, ${'before' | 'sent' | 'answered'}`

/** Every step, in the order in which an exit takes them. */
export const LABELS: readonly Label[] = [
  'decided',
  'decided, durable',
  'holding, before',
  'holding, answered',
  'place, before',
  'place, sent',
  'place, answered',
  'progress',
  'progress, durable',
  'order, before',
  'order, sent',
  'order, answered',
  'cancel, before',
  'cancel, sent',
  'cancel, answered',
  'end',
  'end, durable',
]

/** Steps of a stop that rests at the venue: it is placed, or its trigger changed. */
export const NET_LABELS: readonly Label[] = [
  'net',
  'net, durable',
  'stop, before',
  'stop, sent',
  'stop, answered',
]

/** A kill at the n-th time that a step is reached, and so much later, ms. */
export interface LabelledKill {
  readonly label: Label
  readonly nth: number
  readonly afterMs: number
}

/** A kill so long after the start of the process, ms, whatever it does then. */
export interface RandomKill {
  readonly label: 'random'
  readonly afterMs: number
}

export type Kill = LabelledKill | RandomKill
