import type { StreamFacts } from '../observability/metrics/facts.ts'
import type { RedisFacts } from '../observability/metrics/redis-facts.ts'
import { NO_REDIS } from './redis-view.ts'
import { sumOf } from './sums.ts'

/** The facts of several servers as one: connections for the same use count together. */
export function mergedRedis(all: readonly RedisFacts[]): RedisFacts {
  const [first = NO_REDIS, ...others] = all
  if (others.length === 0) return first
  const uses = new Map<string, RedisFacts['connections'][number]>()
  for (const each of all.flatMap(({ connections }) => connections)) {
    const known = uses.get(each.use)
    if (known === undefined) {
      uses.set(each.use, each)
      continue
    }
    uses.set(each.use, {
      use: each.use,
      isUp: known.isUp && each.isUp,
      // The breaker of a connection that is down is more important.
      breaker: known.isUp ? each.breaker : known.breaker,
      reconnects: known.reconnects + each.reconnects,
      outcomes: sumOf([known.outcomes, each.outcomes]),
    })
  }
  return {
    connections: [...uses.values()],
    messages: sumOf(all.map(({ messages }) => messages)),
    malformed: sumOf(all.map(({ malformed }) => malformed)),
  }
}

/** The facts of streams of several accounts as one: streams of one name count together. */
export function mergedStreams(all: readonly StreamFacts[]): StreamFacts {
  const streams = new Map<string, StreamFacts['streams'][number]>()
  for (const each of all.flatMap(facts => facts.streams)) {
    const known = streams.get(each.stream)
    streams.set(each.stream, {
      stream: each.stream,
      isUp: each.isUp && known?.isUp !== false,
      reconnects: each.reconnects + (known?.reconnects ?? 0),
    })
  }
  return {
    streams: [...streams.values()],
    messages: all.reduce((sum, { messages }) => sum + messages, 0),
    oddities: sumOf(all.map(({ oddities }) => oddities)),
  }
}
