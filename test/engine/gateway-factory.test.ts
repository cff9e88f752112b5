import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import type { Venue } from '../../src/account/options.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { pacedBroker } from '../../src/calls/paced-broker.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Broker } from '../../src/ports/broker.ts'
import { accountFacts } from '../../src/views/exit-view.ts'
import { aPosition } from '../support/builders.ts'
import { aDesk } from '../support/desk.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

describe('GatewayFactory', () => {
  let account: Account

  afterEach(() => account.stop())

  it('delays no order at the call desk by what throws for the one before it', async () => {
    const venue = new TestVenue()
    let now = 1_000
    const desk = aDesk({ monotonic: () => now })
    account = await openAccount({
      keeper: new MemoryRepository(),
      venue: quotes => {
        const real: Venue = venue.venue(quotes)
        const paced = pacedBroker(real as Venue & Broker, {
          desk,
          maySendNow: () => true,
          isAwaited: () => true,
          areOrdersAwaited: () => true,
          urgencyOf: ({ positionId: id }) => (id === 'broken' ? 2 : 1),
        })
        return { ...real, placeExit: paced.placeExit, queues: true }
      },
      clock: { now: () => now, monotonic: () => now },
      timers: machineTimers,
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: error => {
        throw error
      },
    })
    for (const id of ['broken', 'sound']) {
      const instrument = instrumentId(id)
      venue.trade(instrument, 1)
      await account.add(
        aPosition({ id: positionId(id), instrument }),
        { stopLoss: { pct: 5 } },
        'test',
      )
    }
    const { departures } = account.engine.book.exits
    const isReady = departures.isReady.bind(departures)
    departures.isReady = (order, turn) => {
      if (order.positionId === 'broken') throw new Error('no number')
      return isReady(order, turn)
    }
    for (const id of ['broken', 'sound'])
      for (const price of [100, 94]) {
        account.tick({ instrument: instrumentId(id), ts: ++now, price })
      }
    for (let cycle = 0; cycle < 4; cycle++) {
      now += 500
      account.cycle()
      desk.cycle()
      await account.settled()
    }
    const stateOf = (id: string) => account.state.positions.get(positionId(id))?.state
    expect([stateOf('broken'), stateOf('sound')]).to.deep.equal(['open', 'closed'])
    const faults = accountFacts(account, now).faults.map(({ what }) => what)
    expect(faults).to.deep.equal(['turn of broken: no number'])
  })
})
