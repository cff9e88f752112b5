/** The environment variable that tells a guarded process where to die. */
export const CRASH_AT = 'CRASH_AT'

type Write = 'decided' | 'progress' | 'end'
type Route = 'place' | 'cancel' | 'order' | 'holding'

/**
 * A step of an exit. Of a write: the moment before it is on disk, and after. Of a request: before any
 * byte leaves, after the last one has, and when its answer is there and nothing is made of it.
 */
export type Label = Write | `${Write}, durable` | `${Route}, ${'before' | 'sent' | 'answered'}`

/** Every step, in the order in which an exit comes by. */
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
