import type { Board, Observe } from './family.ts'

/** Where the durations of a service are told. */
export interface Durations {
  /** From the tick or deadline that decided until the intent is durable. */
  readonly intended: Observe
  /** From the intent until the fill. */
  readonly filled: Observe
  /** Calls to the broker, by group and operation. */
  readonly call: Observe
  /** Commands to Redis, by what their connection is for. */
  readonly redis: Observe
}

/** How long exits and calls take. */
export const durations = (board: Board): Durations => ({
  intended: board.histogram({
    name: 'watchkeeper_exit_intended_seconds',
    help: 'Time from the tick or deadline that decided an exit until its intent is durable.',
  }),
  filled: board.histogram({
    name: 'watchkeeper_exit_filled_seconds',
    help: 'Time from the intent of an exit until its fill.',
  }),
  call: board.histogram({
    name: 'watchkeeper_broker_call_seconds',
    help: 'Time of a call to the broker, from when it leaves until its answer.',
    labels: ['group', 'operation'],
  }),
  redis: board.histogram({
    name: 'watchkeeper_redis_command_seconds',
    help: 'Time of a command to Redis until its answer or its deadline; waits for new entries are left out.',
    labels: ['use'],
  }),
})
