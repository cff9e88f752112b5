import { actorSystem, send, type ActorSystem, type Down, type Ref } from '../../src/actors/actor.ts'
import type { GatewayMessage, MonitorMessage } from '../../src/actors/messages.ts'
import { monitor } from '../../src/actors/monitor.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import { compileRuleSet } from '../../src/risk/rule-set.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import { SoloDispatcher } from '../support/solo-dispatcher.ts'
import { bareNact } from './bare-nact.ts'
import { figure, interleaved, perSecond, type Figure } from './report.ts'

const INSTRUMENTS = 500
const PER_INSTRUMENT = 20
const CATCH_UP: MonitorMessage = { kind: 'catch-up' }

/** Real monitors, without supervisor and gateway: nothing in these benchmarks exits. */
export function monitors(count: number, positionOf: (index: number) => Position) {
  const actors: ActorSystem = actorSystem()
  const refs: Ref<MonitorMessage>[] = []
  const dispatcher = new SoloDispatcher({
    wake: watched => send(refs[watched.ordinal]!, CATCH_UP),
    exit: () => undefined,
  })
  const onDown = ({ reason }: Down): void => {
    throw reason
  }
  const gateway: Ref<GatewayMessage> = actors.spawn({
    name: 'gateway',
    epoch: 1,
    initialState: null,
    handle: (state: null, _message: GatewayMessage) => state,
    onDown,
  })
  const parent = actors.group('monitors')
  const shared = { dispatcher, gateway }
  const ruleSet = compileRuleSet({
    stopLoss: { pct: 50 },
    trailingStop: { distance: 1 },
  }).ruleSet!
  for (let index = 0; index < count; index++) {
    const watched: WatchedPosition = dispatcher.open(positionOf(index), ruleSet)
    const ref = actors.spawn({
      name: `monitor-${watched.position.id}`,
      kind: 'monitor',
      epoch: 1,
      parent,
      initialState: { watched, generation: 1, shared },
      handle: monitor,
      onDown,
    })
    refs.push(ref)
    send(ref, CATCH_UP)
  }
  return { actors, dispatcher, refs }
}

/** A long on one of the instruments. */
export const aLong = (index: number, instruments: number): Position => ({
  id: positionId(`p${index}`),
  instrument: instrumentId(`I${index % instruments}`),
  side: 'long',
  quantity: 1,
  entryPrice: 100,
  openedAt: 0,
  multiplier: 1,
  priceSource: 'trade',
})

/**
 * Evaluations a second when each tick is a new high by a whole trail: every monitor must evaluate.
 */
async function everyTickWakes(label: string, bursts: readonly number[]): Promise<Figure> {
  const { actors, dispatcher } = monitors(INSTRUMENTS * PER_INSTRUMENT, index =>
    aLong(index, INSTRUMENTS),
  )
  await actors.idle()
  const names = Array.from({ length: INSTRUMENTS }, (_, index) => instrumentId(`I${index}`))
  const prices = new Float64Array(INSTRUMENTS).fill(101)
  let now = 1
  const ours = async (): Promise<number> => {
    let evaluations = 0
    for (const [round, burst] of bursts.entries()) {
      const market = round % INSTRUMENTS
      const instrument = names[market]!
      for (let tick = 0; tick < burst; tick++) {
        dispatcher.tick({ instrument, ts: now, price: prices[market]!++ }, now++)
      }
      await actors.idle()
      evaluations += burst * PER_INSTRUMENT
    }
    return evaluations
  }
  const nact = bareNact(INSTRUMENTS * PER_INSTRUMENT)
  const bare = async (): Promise<number> =>
    PER_INSTRUMENT * (await nact.tickEach(PER_INSTRUMENT, bursts))
  const rates = await interleaved(5, { ours: () => perSecond(ours), bare: () => perSecond(bare) })
  actors.stopAll()
  nact.stop()
  const name = `S2 evaluations, each tick wakes 20, ${label} a macrotask`
  return figure(name, 'evaluations/s', rates.ours, rates.bare)
}

/** One position that gets bursts of 20 ticks. */
async function burstsOnOne(): Promise<Figure> {
  const { actors, dispatcher } = monitors(1, index => aLong(index, 1))
  await actors.idle()
  const bursts = Array.from({ length: 2_000 }, () => 20)
  const instrument = instrumentId('I0')
  let now = 1
  let price = 101
  const ours = async (): Promise<number> => {
    for (const burst of bursts) {
      for (let tick = 0; tick < burst; tick++) {
        dispatcher.tick({ instrument, ts: now, price: price++ }, now++)
      }
      await actors.idle()
    }
    return bursts.length * 20
  }
  const nact = bareNact(1)
  const rates = await interleaved(5, {
    ours: () => perSecond(ours),
    bare: () => perSecond(() => nact.tickEach(1, bursts)),
  })
  actors.stopAll()
  nact.stop()
  return figure('S2 bursts of 20 on one monitor', 'evaluations/s', rates.ours, rates.bare)
}

const repeated = (count: number, burst: (index: number) => number): number[] =>
  Array.from({ length: count }, (_, index) => burst(index))

/** Wakes through real monitors. */
export const wakes = async (): Promise<Figure[]> => [
  await everyTickWakes(
    '1 to 20 ticks',
    repeated(4_000, index => 1 + ((index * 7) % 20)),
  ),
  await everyTickWakes(
    '1 tick',
    repeated(20_000, () => 1),
  ),
  await everyTickWakes(
    '20 ticks',
    repeated(2_000, () => 20),
  ),
  await burstsOnOne(),
]
