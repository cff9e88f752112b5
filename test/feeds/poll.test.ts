import { expect } from 'chai'
import { instrumentId, type InstrumentId } from '../../src/domain/ids.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { PollFeed } from '../../src/feeds/poll.ts'

const A = instrumentId('A')
const B = instrumentId('B')

describe('PollFeed', () => {
  let asked: InstrumentId[][]
  let answers: (readonly Tick[] | Error)[]
  let ticks: [InstrumentId, number][]
  let troubles: unknown[]
  let wanted: InstrumentId[]

  const open = (batch = 50): PollFeed => {
    asked = []
    answers = []
    ticks = []
    troubles = []
    wanted = [A, B]
    return new PollFeed({
      ask: instruments => {
        asked.push([...instruments])
        const answer = answers.shift() ?? []
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
      },
      wanted: () => wanted,
      onTick: ({ instrument, price }) => ticks.push([instrument, price]),
      now: () => 0,
      onTrouble: error => troubles.push(error),
      batch,
    })
  }

  const runRound = async (feed: PollFeed): Promise<void> => {
    feed.poll()
    await feed.idle()
  }

  const price = (instrument: InstrumentId, ts: number, value: number): Tick => {
    return { instrument, ts, price: value }
  }

  it('reports once that no venue answers, and once that it answers again', async () => {
    const feed = open()
    const failure = new Error('down')
    answers = [failure, failure, []]
    for (let round = 0; round < 3; round++) await runRound(feed)
    expect(troubles).to.deep.equal([failure, undefined])
  })

  it('treats an answer as news when any field has changed, whatever its time', async () => {
    const feed = open()
    answers = [[price(A, 1, 10)], [price(A, 1, 10)], [price(A, 0, 9)], [price(A, 2, 10)]]
    for (let round = 0; round < 4; round++) await runRound(feed)
    expect(ticks).to.deep.equal([
      [A, 10],
      [A, 9],
      [A, 10],
    ])
  })

  it('asks in batches, for each instrument once, and ignores prices that it did not ask for', async () => {
    const feed = open(2)
    const C = instrumentId('C')
    wanted = [A, B, A, C]
    answers = [[price(A, 1, 1), price(C, 1, 3)], [price(C, 1, 3)]]
    await runRound(feed)
    expect(asked).to.deep.equal([[A, B], [C]])
    expect(ticks).to.deep.equal([
      [A, 1],
      [C, 3],
    ])
  })

  it('starts no round while one is running', async () => {
    const feed = open()
    feed.poll()
    feed.poll()
    await feed.idle()
    expect(asked).to.have.length(1)
  })
})
