import { expect } from 'chai'
import { ServerClock } from '../../../src/brokers/http/deadlines.ts'
import { NotSent } from '../../../src/errors.ts'
import { PLAIN } from '../../support/broker-server/script.ts'
import { ACME, anOrder, failure, stage } from '../../support/http-broker.ts'

const BASE = Date.UTC(2026, 10, 28, 12)
const header = (ms: number): string => new Date(BASE + ms).toUTCString()

describe('ServerClock', () => {
  it('is not known before an answer has shown it, nor by a header that cannot be read', () => {
    const clock = new ServerClock()
    clock.heard(undefined, 5)
    clock.heard('soon', 6)
    expect(clock.at(10)).to.equal(undefined)
  })

  it('is counted on from the largest reading, and never ahead of the server', () => {
    const clock = new ServerClock()
    // The server is at BASE + 700 at a steady time of 0; its headers are cut to the second.
    clock.heard(header(700), 0)
    expect(clock.at(100)).to.equal(BASE + 100)
    clock.heard(header(1_050), 350)
    expect(clock.at(350)).to.equal(BASE + 1_000)
    clock.heard(header(1_900), 1_200)
    expect(clock.at(1_200), 'an earlier reading was nearer').to.equal(BASE + 1_850)
  })

  it('follows a server whose clock is set back, after two minutes at most', () => {
    const clock = new ServerClock()
    clock.heard(header(0), 0)
    const back = -20_000
    for (let at = 1_000; at <= 120_000; at += 1_000) clock.heard(header(at + back), at)
    expect(clock.at(120_000)).to.equal(BASE + 120_000 + back)
  })
})

const { signal } = new AbortController()
const KEPT = { ...PLAIN.capabilities, deadline: 'kept' } as const

describe('the deadline of an order over HTTP', () => {
  const on = stage()

  for (const [what, clockMs] of [
    ['ahead', 40_000],
    ['behind', -40_000],
  ] as const) {
    it(`is by the clock of a server that is ${what}, so that an order is neither late nor taken too late`, async () => {
      await on.remote.script({ set: { capabilities: KEPT, clockMs } })
      const broker = on.open({ capabilities: KEPT })
      await broker.holding({ instrument: ACME }, signal)
      const answer = await broker.placeExit(anOrder({ actBy: Date.now() + 5_000 }), signal)
      expect(answer.kind).to.equal('acknowledged')
      const sent = (await on.remote.requests()).findLast(({ route }) => route === 'place')!
      const leftMs = sent.expiresAt! - (sent.at + clockMs)
      expect(leftMs).to.be.within(1, 5_000)
      await on.remote.script({ set: { capabilities: PLAIN.capabilities, clockMs: 0 } })
    })
  }

  it('is over by the steady clock alone, however far the wall clock was set', async () => {
    const wall = Date.now() + 3_600_000
    const broker = on.open({ now: () => wall, steady: () => 1_000 })
    expect((await broker.placeExit(anOrder({ actBy: 6_000 }), signal)).kind).to.equal(
      'acknowledged',
    )
    expect(await failure(broker.placeExit(anOrder({ actBy: 1_000 }), signal))).to.be.instanceOf(
      NotSent,
    )
  })
})
