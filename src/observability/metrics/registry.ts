import { collectDefaultMetrics } from 'prom-client'
import { actorMetrics } from './actors.ts'
import { advisorMetrics } from './advisors.ts'
import { cycleMetrics } from './cycles.ts'
import { durations, type Durations } from './durations.ts'
import { exitMetrics } from './exits.ts'
import { Board, single, type MetricFamily } from './family.ts'
import { gatewayMetrics } from './gateway.ts'
import { limitMetrics } from './limits.ts'
import { messageMetrics } from './messages.ts'
import { noticeMetrics } from './notices.ts'
import { positionMetrics } from './positions.ts'
import { redisMetrics } from './redis.ts'
import { ruleMetrics } from './rules.ts'
import { serviceMetrics } from './service.ts'
import { storeMetrics } from './store.ts'
import { streamMetrics } from './streams.ts'
import { tickMetrics } from './ticks.ts'

/** Every family of metrics. */
const FAMILIES: readonly MetricFamily[] = [
  serviceMetrics,
  positionMetrics,
  exitMetrics,
  gatewayMetrics,
  tickMetrics,
  actorMetrics,
  storeMetrics,
  limitMetrics,
  ruleMetrics,
  redisMetrics,
  streamMetrics,
  cycleMetrics,
  noticeMetrics,
  messageMetrics,
  advisorMetrics,
]

/** Makes the metrics of one service, with those of the process and the runtime. */
export function metrics(): Board & { readonly durations: Durations } {
  const board = new Board()
  for (const add of FAMILIES) add(board)
  board.counter(
    {
      name: 'watchkeeper_metric_errors_total',
      help: 'Metrics that could not be read, durations that could not be taken, and exits that could not be traced.',
    },
    ({ followErrors }) => single(board.failures + followErrors),
  )
  collectDefaultMetrics({ register: board.registry })
  return Object.assign(board, { durations: durations(board) })
}
