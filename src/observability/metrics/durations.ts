import type { ExitTime } from '../exit-times.ts'
import type { Board, Observe } from './family.ts'
import { BROKER_OPERATIONS } from './gateway.ts'

/** Receives the durations of a service. */
export interface Durations {
  readonly exits: Readonly<Record<ExitTime, Observe>>
  /** Calls to the broker, by group and operation. */
  readonly call: Observe
  /** Commands to Redis, by what their connection is for. */
  readonly redis: Observe
  readonly commit: Observe
  readonly cycle: Observe
  readonly loopDelay: Observe
}

/** How long things take. */
export const durations = (board: Board): Durations => ({
  exits: {
    'exit.decided': board.histogram({
      name: 'watchkeeper_exit_decided_seconds',
      help: 'Time from a tick or deadline until the decision that it caused reached the gateway.',
    }),
    'exit.intended': board.histogram({
      name: 'watchkeeper_exit_intended_seconds',
      help: 'Time from the tick or deadline that decided an exit until its intent is durable.',
    }),
    'exit.acknowledged': board.histogram({
      name: 'watchkeeper_exit_acknowledged_seconds',
      help: 'Time from the decision of an exit until the venue had its order.',
    }),
    'exit.filled': board.histogram({
      name: 'watchkeeper_exit_filled_seconds',
      help: 'Time from the decision of an exit until its fill.',
    }),
  },
  call: board.histogram({
    name: 'watchkeeper_broker_call_seconds',
    help: 'Time of a call to the broker, from when it leaves until its answer.',
    labels: ['group', 'operation'],
    zeros: Object.entries(BROKER_OPERATIONS).flatMap(([group, operations]) =>
      operations.map(operation => ({ group, operation })),
    ),
  }),
  commit: board.histogram({
    name: 'watchkeeper_store_commit_seconds',
    help: 'Time of a commit, from when it is given to the store until it is durable or refused.',
  }),
  cycle: board.histogram({
    name: 'watchkeeper_cycle_seconds',
    help: 'Time of a monitoring cycle.',
  }),
  loopDelay: board.histogram({
    name: 'watchkeeper_event_loop_delay_seconds',
    help: 'Time by which a timer of the event loop was late.',
  }),
  redis: board.histogram({
    name: 'watchkeeper_redis_command_seconds',
    help: 'Time of a command to Redis until its answer or its deadline; waits for new entries are left out.',
    labels: ['use'],
  }),
})
