import { expect } from 'chai'
import { AccessDrill } from '../../src/calls/access-drill.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import type { VenueInstrument } from '../../src/domain/venue-facts.ts'

const MINUTE_MS = 60_000
const ACME: VenueInstrument = {
  instrument: instrumentId('ACME'),
  isTrading: true,
  multiplier: 1,
  lot: undefined,
  tickSize: undefined,
  minQuantity: undefined,
  maxQuantity: undefined,
  minNotional: undefined,
  reduceOnlyExempt: false,
  currency: 'USD',
}

describe('The drill of the access', () => {
  let now: number
  let asked: string[]
  let fails: boolean
  let unanswered: string | undefined
  let rows: readonly VenueInstrument[]
  let drill: AccessDrill

  const open = (hasTime = false): void => {
    now = 0
    asked = []
    fails = false
    unanswered = undefined
    rows = [ACME]
    const answer =
      <Answer>(what: string, value: () => Answer) =>
      () => {
        asked.push(what)
        return fails || what === unanswered
          ? Promise.reject(new Error('down'))
          : Promise.resolve(value())
      }
    drill = new AccessDrill({
      broker: {
        permissions: answer('permissions', () => ({
          trade: true,
          withdraw: false,
          isAddressBound: true,
          expiresAt: undefined,
        })),
        positionMode: answer('mode', () => 'one-way' as const),
        instruments: answer('instruments', () => rows),
        ...(hasTime && { time: answer('time', () => ({ aheadMs: 3, errorMs: 1 })) }),
      },
      monotonic: () => now,
    })
  }
  beforeEach(() => open())

  const cycle = (): Promise<void> => drill.cycle()

  it('hands on each list of instruments that is an answer', async () => {
    const lists: number[] = []
    drill.onInstruments = list => void lists.push(list.length)
    const HOUR_MS = 60 * MINUTE_MS
    for (let each = 0; each < 3; each++, now += MINUTE_MS) await cycle()
    expect(lists).to.deep.equal([1])
    rows = []
    now += HOUR_MS
    for (let each = 0; each < 3; each++, now += MINUTE_MS) await cycle()
    expect(lists, 'an empty list is no answer').to.deep.equal([1])
  })

  it('knows nothing before the venue has answered, and keeps the last answer after that', async () => {
    fails = true
    await cycle()
    expect(drill.facts.permissions).to.equal(undefined)
    fails = false
    for (let each = 0; each < 4; each++, now += MINUTE_MS) await cycle()
    fails = true
    now += MINUTE_MS
    await cycle()
    expect(drill.facts.permissions?.trade).to.equal(true)
  })

  it('reads the clock of a venue that says its time, first of all and each ten minutes', async () => {
    open(true)
    for (let minute = 0; minute <= 20; minute++, now += MINUTE_MS) await cycle()
    expect(drill.facts.clock).to.deep.equal({ aheadMs: 3, errorMs: 1 })
    expect(asked.filter(what => what === 'time')).to.have.length(3)
    expect(asked[0], 'a wrong clock is known at once').to.equal('time')
  })

  it('delays no question by the first reading of the clock', async () => {
    open(true)
    await cycle()
    await cycle()
    expect(asked).to.deep.equal(['time', 'permissions'])
  })

  it('asks every other question while one is never answered', async () => {
    open(true)
    unanswered = 'time'
    for (let minute = 0; minute < 5; minute++, now += MINUTE_MS) await cycle()
    expect(asked).to.deep.equal(['time', 'permissions', 'mode', 'instruments', 'time'])
    expect(drill.facts.mode).to.equal('one-way')
  })

  it('asks at most one question a minute, each in its turn', async () => {
    for (let second = 0; second <= 240; second++, now += 1_000) await cycle()
    expect(asked).to.deep.equal(['permissions', 'mode', 'instruments', 'permissions', 'mode'])
  })

  it('asks for the instruments once an hour', async () => {
    for (let minute = 0; minute < 130; minute++, now += MINUTE_MS) await cycle()
    expect(asked.filter(each => each === 'instruments')).to.have.length(3)
  })

  it('takes an empty list of instruments for no answer', async () => {
    for (let each = 0; each < 3; each++, now += MINUTE_MS) await cycle()
    expect(drill.facts.instruments?.size).to.equal(1)
    rows = []
    now += 3_600_000
    for (let each = 0; each < 3; each++, now += MINUTE_MS) await cycle()
    expect(drill.facts.instruments?.size).to.equal(1)
  })

  it('asks nothing of a broker that answers none of it', async () => {
    const silent = new AccessDrill({ broker: {}, monotonic: () => now })
    await silent.cycle()
    expect(silent.facts).to.deep.equal({
      permissions: undefined,
      mode: undefined,
      instruments: undefined,
      credentials: undefined,
      clock: undefined,
    })
  })

  it('has one question under way at a time', async () => {
    let release = (): void => undefined
    const slow = new AccessDrill({
      broker: {
        positionMode: () => {
          asked.push('slow')
          return new Promise(resolve => (release = () => resolve('hedge')))
        },
      },
      monotonic: () => now,
    })
    const first = slow.cycle()
    now += 10 * MINUTE_MS
    await slow.cycle()
    expect(asked).to.deep.equal(['slow'])
    release()
    await first
    expect(slow.facts.mode).to.equal('hedge')
  })
})
