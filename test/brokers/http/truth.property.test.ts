import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import type { ClientOrderId } from '../../../src/domain/order.ts'
import { WatchkeeperError } from '../../../src/errors.ts'
import type { Fault, Harm, Outage, Phase } from '../../support/broker-server/script.ts'
import { anOrder, stage } from '../../support/http-broker.ts'

const RUNS = 60
/** Time in which a sent request has acted, ms: three delays at most. */
const LATEST = 40

const when = fc.constantFrom<Phase>('before', 'after')
const ms = fc.integer({ min: 0, max: LATEST / 4 })
/** The protocol lets a server answer 401 and 429 only before it acts. */
const refusal = fc.record({
  kind: fc.constant('status' as const),
  when: fc.constant('before' as const),
  status: fc.constantFrom(401, 429),
})
const failing = fc.record({
  kind: fc.constant('status' as const),
  when,
  status: fc.constantFrom(204, 302, 307, 400, 403, 404, 409, 421, 500, 502, 503, 504),
})
const harm: fc.Arbitrary<Harm> = fc.oneof(
  fc.record({ kind: fc.constant('delay' as const), when, ms }),
  fc.record({ kind: fc.constantFrom('reset' as const, 'hang' as const), when }),
  refusal,
  failing,
  fc.constant<Harm>({ kind: 'reject', code: 'refused' }),
  fc.record({
    kind: fc.constant('fill' as const),
    plan: fc.record({ share: fc.constantFrom(0, 0.5) }),
  }),
  fc.constantFrom<Harm>({ kind: 'raw', text: '' }, { kind: 'raw', text: '{"kind":' }),
  fc.record({ kind: fc.constant('drip' as const), everyMs: fc.constantFrom(0, 1) }),
  fc.constant<Harm>({ kind: 'flood', bytes: 100_000 }),
)
const fault: fc.Arbitrary<Fault> = fc.record({ on: fc.constant('place' as const), harm })
const outage = fc.option(
  fc.record({
    mode: fc.constantFrom<Outage['mode']>('refuse', 'reset', 'status', 'hang'),
    forMs: ms,
  }),
  { nil: undefined, freq: 3 },
)
const giveUpMs = fc.constantFrom(0, 1, 2, 5, 20, 100)

describe('the reported outcome of an order over HTTP', () => {
  const on = stage()
  let orders = 0

  it('is true, whatever goes wrong in between, and the order is sent at most once', async () => {
    const claims = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 3 }),
        fc.record({ outage, giveUpMs, answerBytes: fc.constantFrom(1024, 1_000_000) }),
        async (faults, { outage: away, giveUpMs: patience, answerBytes }) => {
          const set = away && { outage: away }
          const hands = [{ instrument: 'ACME', quantity: 2 }]
          await on.remote.script({ clear: true, hands, faults, ...(set && { set }) })
          const before = await on.sendings()
          const clientOrderId = `wk${++orders}` as ClientOrderId
          const broker = on.open({ answerBytes })
          const claim = await broker
            .placeExit(anOrder({ clientOrderId }), AbortSignal.timeout(patience))
            .then(
              ({ kind }) => kind as string,
              (error: unknown) => (error instanceof WatchkeeperError ? error.code : String(error)),
            )
          await broker.close()
          await sleep(LATEST)
          claims.add(claim)
          const lived = on.remote
            .book()
            .orders.filter(
              order => order.clientOrderId === clientOrderId && order.rejected === null,
            )
          if (claim === 'acknowledged') expect(lived).to.have.length(1)
          else if (claim === 'OUTCOME_UNKNOWN') expect(lived).to.have.length.below(2)
          else {
            expect(claim).to.be.oneOf(['NOT_SENT', 'RATE_LIMITED', 'UNAUTHORIZED', 'rejected'])
            expect(lived).to.deep.equal([])
          }
          expect((await on.sendings()) - before).to.be.below(2)
        },
      ),
      { numRuns: RUNS },
    )
    expect(claims).to.include.all.keys('acknowledged', 'OUTCOME_UNKNOWN', 'NOT_SENT')
  })
})
