import type { Decision } from '../../src/domain/decision.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { catchUp } from '../../src/risk/catch-up.ts'
import { standIn } from '../../src/risk/stand-in.ts'
import { standing } from '../../src/risk/standing.ts'
import { TickFilter } from '../../src/risk/tick-filter.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import type { PlainEvent, PlainPosition } from './plain-evaluator.ts'
import { SoloDispatcher } from './solo-dispatcher.ts'

/** How the monitors of a run behave; every list is used round and round. */
export interface Disorder {
  /** After each event, how many waiting monitors run; Infinity: all of them. */
  readonly turns: readonly number[]
  /** Which of the waiting monitors is next. */
  readonly picks: readonly number[]
  /** Whether a run crashes after its replay and before its commit, once per run. */
  readonly crashes: readonly boolean[]
  /** Whether the woken monitor is down, so that the stand-in replaces it. */
  readonly downs: readonly boolean[]
  readonly backlogLimit: number
  readonly segmentLimit: number
  /** Accounts that the positions belong to by turns; default 1. */
  readonly accounts?: number
}

/** Every monitor runs at once, and none crashes. */
export const ORDERLY: Disorder = {
  turns: [Infinity],
  picks: [0],
  crashes: [false],
  downs: [false],
  backlogLimit: 4096,
  segmentLimit: 1024,
}

export interface BurstResult {
  readonly decisions: Decision[]
  readonly open: { positionId: string; stop: number | null; target: number | null; best: number }[]
  readonly wakes: number
  readonly folds: number
}

/** Runs the engine with monitors that lag, overtake each other and crash, without any actor. */
export function runInDisorder(
  positions: readonly PlainPosition[],
  events: readonly PlainEvent[],
  disorder: Disorder,
): BurstResult {
  const decisions: Decision[] = []
  const waiting: WatchedPosition[] = []
  let wakes = 0
  let folds = 0
  const dispatcher = new SoloDispatcher({
    wake: watched => {
      wakes++
      if (down()) standIn(dispatcher, watched)
      else waiting.push(watched)
    },
    exit: (_guard, decision) => {
      folds++
      decisions.push(decision)
    },
    backlogLimit: disorder.backlogLimit,
    segmentLimit: disorder.segmentLimit,
  })
  const filter = new TickFilter()
  const passed = (tick: Tick): Tick[] => {
    const out: Tick[] = []
    filter.accept(tick, out)
    return out
  }
  const turn = cycle(disorder.turns)
  const down = cycle(disorder.downs)
  const pick = cycle(disorder.picks)
  const crash = cycle(disorder.crashes)
  const act = (turns: number): void => {
    for (let done = 0; done < turns && waiting.length > 0; done++) {
      const watched = waiting.splice(pick() % waiting.length, 1)[0]!
      if (watched.closed) continue
      const outcome = catchUp(watched, dispatcher.now)
      if (crash()) {
        waiting.push(watched)
        continue
      }
      if (outcome.kind === 'exit') decisions.push(outcome.decision)
      dispatcher.commit(watched, outcome)
    }
  }
  const sinks = [dispatcher.sink]
  while (sinks.length < (disorder.accounts ?? 1)) sinks.push(dispatcher.another())
  const guards = positions.map(({ position, ruleSet }, index) =>
    sinks[index % sinks.length]!.open(position, ruleSet),
  )
  waiting.push(...guards)
  act(turn())
  for (const { at, tick } of events) {
    while (disorder === ORDERLY && dispatcher.nextDue < at) {
      dispatcher.advance(dispatcher.nextDue + 0.5)
      act(Infinity)
    }
    dispatcher.advance(at)
    act(turn())
    if (tick === undefined) dispatcher.seq++
    else for (const each of passed(tick)) dispatcher.tick(each, at)
    act(turn())
  }
  const last = events.at(-1)?.at ?? 0
  while (disorder === ORDERLY && dispatcher.nextDue <= last) {
    dispatcher.advance(dispatcher.nextDue + 0.5)
    act(Infinity)
  }
  dispatcher.advance(last + 0.5)
  while (waiting.length > 0) act(waiting.length)
  const open = guards
    .filter(watched => !watched.closed)
    .map(watched => ({ positionId: watched.position.id, ...standing(watched, last) }))
  return { decisions, open, wakes, folds }
}

function cycle<T>(list: readonly T[]): () => T {
  let index = 0
  return () => list[index++ % list.length]!
}
