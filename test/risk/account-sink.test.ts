import { expect } from 'chai'
import { positionId } from '../../src/domain/ids.ts'
import type { AccountSink, SinkOptions } from '../../src/risk/account-sink.ts'
import { catchUp } from '../../src/risk/catch-up.ts'
import { Dispatcher } from '../../src/risk/dispatcher.ts'
import { PriceBoard } from '../../src/risk/price-board.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'

const STOP = aRuleSet({ stopLoss: { price: 90 } })
const ID = aPosition().id
const { instrument } = aPosition()

/** Two accounts with a position of the same id in the same instrument. */
describe('AccountSink', () => {
  let dispatcher: Dispatcher
  let board: PriceBoard
  let a: AccountSink
  let b: AccountSink
  let events: string[]
  let at: number

  beforeEach(() => {
    dispatcher = new Dispatcher({ backlogLimit: 3 })
    board = new PriceBoard()
    events = []
    at = 0
    b = join('b')
  })

  /** An account whose monitors act at once; the first one is woken first. */
  function join(name: string, but: Partial<SinkOptions> = {}): AccountSink {
    return dispatcher.join({
      board,
      wake: watched => {
        const outcome = catchUp(watched, dispatcher.now)
        if (outcome.kind === 'exit') events.push(`${name} ${watched.position.id}`)
        dispatcher.commit(watched, outcome)
      },
      exit: ({ position }) => events.push(`${name} ${position.id} in place`),
      failed: (what, error) => events.push(`${name}: ${what}: ${(error as Error).message}`),
      ...but,
    })
  }

  const fail = (): never => {
    throw new Error('broken')
  }

  function open(sink: AccountSink, id = ID): WatchedPosition {
    const watched = sink.open(aPosition({ id }), STOP)
    dispatcher.advance(0)
    dispatcher.commit(watched, catchUp(watched, 0))
    return watched
  }

  const tick = (...prices: number[]): void => {
    for (const price of prices) dispatcher.tick({ instrument, ts: ++at, price }, at, board)
  }

  it('decides in place where the wake throws, and the other account is woken', () => {
    a = join('a', { wake: fail })
    open(a)
    open(b)
    tick(100, 89)
    expect(events).to.deep.equal(['a: the wake of p1: broken', 'a p1 in place', 'b p1'])
  })

  it('keeps what the hand-over of a decision throws from the other account', () => {
    a = join('a', { wake: fail, exit: fail, decided: fail })
    const watched = open(a)
    open(b)
    tick(100, 89)
    expect(events.at(-1)).to.equal('b p1')
    expect(watched.decision?.level).to.equal(90)
    expect(a.decisions).to.equal(1)
  })

  it('keeps what rules of one account throw in a full backlog from the other account', () => {
    a = join('a', { wake: () => undefined })
    const watched = open(a)
    Object.defineProperty(watched, 'merged', { get: fail })
    open(b)
    tick(100, 89)
    tick(88, 87, 86)
    expect(events).to.deep.equal(['b p1'])
    expect([a.foldErrors > 0, b.foldErrors]).to.deep.equal([true, 0])
  })

  it('keeps what the report of a best price throws from the other account', () => {
    a = join('a', { ratcheted: fail, compares: fail })
    open(a)
    open(b)
    tick(100, 101)
    expect(rowsOf(b)).to.deep.equal([['p1', 101]])
    expect(rowsOf(a)).to.deep.equal([['p1', 101]])
    tick(89)
    expect(events.slice(-2)).to.deep.equal(['a p1', 'b p1'])
  })

  it('reports a fault of an account that cannot even be reported nowhere else', () => {
    a = join('a', { wake: fail, failed: fail })
    open(a)
    open(b)
    tick(89)
    expect(events).to.deep.equal(['a p1 in place', 'b p1'])
    expect(a.foldErrors).to.equal(1)
  })

  it('counts the decisions, pending positions and rules of each account apart', () => {
    a = join('a', { wake: () => undefined })
    open(a)
    open(a, positionId('p2'))
    open(b)
    tick(89)
    expect([a.decisions, a.pending, b.decisions, b.pending]).to.deep.equal([0, 2, 1, 0])
    expect([a, b].map(({ tally }) => tally.holders.get(STOP)?.count)).to.deep.equal([2, undefined])
  })

  it('takes the positions of an account that leaves out, so that no tick waits for them', () => {
    a = join('a', { wake: () => undefined })
    open(a)
    open(b)
    tick(89.5)
    expect(board.market(instrument)?.trade?.backlog.length).to.equal(1)
    dispatcher.leave(a)
    tick(100, 101, 102, 103)
    expect(board.market(instrument)?.trade?.backlog.length).to.equal(0)
    expect([a.pending, [...a.streams()], a.isComparing(instrument)]).to.deep.equal([0, [], false])
    expect(events).to.deep.equal(['b p1'])
  })

  /** The best price of each position whose row must be written, as the store would give it. */
  function rowsOf(sink: AccountSink): [string, number][] {
    const rows: [string, number, number | undefined][] = []
    const highs = new Map<number, number>()
    sink.takeRatchets({
      ratchet: ({ position }, { best, series }) => rows.push([position.id, best, series]),
      extremes: (series, { high = -Infinity, highs: closed }) =>
        highs.set(series, Math.max(high, ...closed.map(([, price]) => price))),
    })
    return rows.map(([id, best, series]) => [id, Math.max(best, highs.get(series!) ?? best)])
  }

  it('gives each account the rows of its own positions, however often the other takes its own', () => {
    a = join('a')
    open(a)
    open(b)
    tick(101)
    expect(rowsOf(a)).to.deep.equal([['p1', 101]])
    tick(102)
    open(b, positionId('p2'))
    tick(103)
    expect(rowsOf(b)).to.deep.equal([
      ['p1', 103],
      ['p2', 103],
    ])
    // Only its row of extremes is due: the row of its position counts the prices of the series.
    expect(rowsOf(a)).to.deep.equal([])
    expect(rowsOf(b)).to.deep.equal([])
  })

  it('has both accounts write again when one of them begins a new series', () => {
    a = join('a')
    const watched = open(a)
    open(b)
    let price = 200
    let taken = 0
    while (taken < 70) {
      tick(price--)
      dispatcher.suspend(watched)
      dispatcher.commit(watched, catchUp(watched, dispatcher.now))
      a.open(aPosition({ id: positionId(`n${taken++}`) }), STOP)
      rowsOf(a)
    }
    expect(rowsOf(b)).to.deep.include(['p1', 200])
    expect(watched.ratchet().best).to.equal(200)
  })
})
