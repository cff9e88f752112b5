import { instrumentId, positionId, type InstrumentId } from '../../src/domain/ids.ts'
import type { Position, Side } from '../../src/domain/position.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { catchUp } from '../../src/risk/catch-up.ts'
import { decide } from '../../src/risk/decide.ts'
import { merge, noLevels } from '../../src/risk/merge.ts'
import { compileRuleSet } from '../../src/risk/rule-set.ts'
import type { RuleSet } from '../../src/risk/rule.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import { SoloDispatcher } from '../support/solo-dispatcher.ts'
import { bareNact } from './bare-nact.ts'
import { calmTicks, realPrints } from './prices.ts'
import { figure, interleaved, perSecond, type Figure } from './report.ts'

interface Held {
  readonly position: Position
  readonly ruleSet: RuleSet
}

function ruleSetOf(options: Record<string, unknown>): RuleSet {
  const { ruleSet, faults } = compileRuleSet(options)
  if (ruleSet === undefined) throw new Error(JSON.stringify(faults))
  return ruleSet
}

function held(
  id: string,
  where: { instrument: InstrumentId; side: Side; entryPrice: number; openedAt: number },
  rules: Record<string, unknown>,
): Held {
  const position: Position = {
    id: positionId(id),
    ...where,
    quantity: 1,
    multiplier: 1,
    priceSource: 'trade',
  }
  return { position, ruleSet: ruleSetOf(rules) }
}

/** The same position once more, entered at the tick that it was exited at. */
const reopened = (position: Position, { price, ts }: Pick<Tick, 'price' | 'ts'>): Position => ({
  ...position,
  entryPrice: price,
  openedAt: ts,
})

/** A dispatcher whose monitors act at once, without actors: what is measured is the book. */
function dispatcherOver(positions: readonly Held[], counts: { wakes: number; exits: number }) {
  const woken: WatchedPosition[] = []
  const dispatcher = new SoloDispatcher({
    wake: watched => woken.push(watched),
    exit: () => counts.exits++,
  })
  for (const { position, ruleSet } of positions) woken.push(dispatcher.open(position, ruleSet))
  let last: Tick | undefined
  const act = (): void => {
    for (const watched of woken) {
      counts.wakes++
      const outcome = catchUp(watched, dispatcher.now)
      dispatcher.commit(watched, outcome)
      if (outcome.kind === 'exit') {
        counts.exits++
        woken.push(dispatcher.open(reopened(watched.position, last!), watched.ruleSet))
      }
    }
    woken.length = 0
  }
  act()
  return {
    tick(tick: Tick) {
      last = tick
      dispatcher.tick(tick, tick.ts)
      if (woken.length > 0) act()
    },
  }
}

/** The plain loop: each position of the instrument, with levels kept until the best price moves. */
function plainLoop(positions: readonly Held[], counts: { exits: number }) {
  interface Kept {
    readonly held: Held
    readonly sign: 1 | -1
    best: number
    stop: number
    target: number
  }
  const byInstrument = new Map<InstrumentId, Kept[]>()
  const relevel = (kept: Kept, at: number): void => {
    const { position, ruleSet } = kept.held
    const asked = { best: kept.sign * kept.best, at }
    const merged = merge(ruleSet, position, asked, asked, noLevels())
    kept.stop = merged.stop
    kept.target = merged.target
  }
  const keep = (each: Held): Kept => {
    const sign = each.position.side === 'long' ? 1 : -1
    const best = sign * each.position.entryPrice
    const kept: Kept = { held: each, sign, best, stop: 0, target: 0 }
    relevel(kept, each.position.openedAt)
    return kept
  }
  for (const each of positions) {
    const list = byInstrument.get(each.position.instrument) ?? []
    byInstrument.set(each.position.instrument, [...list, keep(each)])
  }
  return {
    tick({ instrument, price, ts }: Tick) {
      const list = byInstrument.get(instrument)
      if (list === undefined) return
      for (let index = 0; index < list.length; index++) {
        const kept = list[index]!
        const mirrored = kept.sign * price
        if (mirrored > kept.best) {
          kept.best = mirrored
          relevel(kept, ts)
        }
        if (mirrored > kept.stop && mirrored < kept.target) continue
        const { position, ruleSet } = kept.held
        const best = kept.sign * kept.best
        const moment = { best, at: ts, price, staleAt: Infinity, last: { best, at: ts } }
        if (decide(position, ruleSet, { ...moment, tick: null }) === undefined) continue
        counts.exits++
        list[index] = keep({ position: reopened(position, { price, ts }), ruleSet })
      }
    },
  }
}

async function calm(): Promise<Figure[]> {
  const ticks = calmTicks(1_000_000, 500)
  const positions = Array.from({ length: 10_000 }, (_, index) =>
    held(
      `p${index}`,
      {
        instrument: instrumentId(`I${index % 500}`),
        side: index % 2 === 0 ? 'long' : 'short',
        entryPrice: 100,
        openedAt: 0,
      },
      { stopLoss: { pct: 10 }, takeProfit: { pct: 20 } },
    ),
  )
  const counts = { wakes: 0, exits: 0 }
  const book = dispatcherOver(positions, counts)
  const loop = plainLoop(positions, counts)
  const nact = bareNact(10_000)
  const drive = (target: { tick(tick: Tick): void }) => (): Promise<number> =>
    perSecond(() => {
      for (const tick of ticks) target.tick(tick)
      return ticks.length
    })
  const rates = await interleaved(5, {
    book: drive(book),
    loop: drive(loop),
    nact: () =>
      perSecond(() =>
        nact.tickEach(
          20,
          Array.from({ length: 1_000 }, () => 1),
        ),
      ),
  })
  nact.stop()
  return [
    figure('S1 ticks, 10,000 positions, against a plain loop', 'ticks/s', rates.book, rates.loop),
    figure('S1 ticks, 10,000 positions, against bare nact', 'ticks/s', rates.book, rates.nact),
  ]
}

/** The prints four times over, so that one run is long enough to be measured. */
function fourTimes(prints: readonly Tick[]): Tick[] {
  const span = prints.at(-1)!.ts - prints[0]!.ts + 1
  return [0, 1, 2, 3].flatMap(round =>
    prints.map(tick => ({ ...tick, ts: tick.ts + round * span })),
  )
}

/** Positions with stops of 0.1 to 0.5 % along real prints; one that exits is opened again. */
async function real(perInstrument: number): Promise<Figure[]> {
  const prints = realPrints('BTCUSDT-PERP')
  if (prints === undefined) return []
  const ticks = fourTimes(prints)
  const positions = (): Held[] =>
    Array.from({ length: perInstrument }, (_, index) => {
      const first = ticks[0]!
      const pct = 0.1 + 0.4 * ((index % 20) / 19)
      return held(
        `p${index}`,
        {
          instrument: first.instrument,
          side: index % 2 === 0 ? 'long' : 'short',
          entryPrice: first.price,
          openedAt: first.ts,
        },
        {
          stopLoss: { pct: Number(pct.toFixed(2)) },
          takeProfit: { pct: 3 },
          trailingStop: { distancePct: Number(pct.toFixed(2)), activateAtPct: 0.1 },
          profitFloor: { keepPct: 50, activateAtPct: 0.3 },
        },
      )
    })
  const counts = { wakes: 0, exits: 0 }
  const run = (make: () => { tick(tick: Tick): void }) => (): Promise<number> => {
    const target = make()
    return perSecond(() => {
      for (const tick of ticks) target.tick(tick)
      return ticks.length
    })
  }
  const rates = await interleaved(7, {
    book: run(() => dispatcherOver(positions(), counts)),
    loop: run(() => plainLoop(positions(), { exits: 0 })),
  })
  counts.wakes = 0
  counts.exits = 0
  await run(() => dispatcherOver(positions(), counts))()
  const name = `S1 real prints, ${perInstrument} positions, 4 rules`
  return [
    figure(name, 'ticks/s', rates.book, rates.loop),
    figure(`${name}: wakes`, 'wakes/tick', counts.wakes / ticks.length),
  ]
}

/** Ticks through the trigger book. */
export const trigger = async (): Promise<Figure[]> => [
  ...(await calm()),
  ...(await real(20)),
  ...(await real(200)),
]
