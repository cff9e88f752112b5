import { expect } from 'chai'
import { askOrder, isSaved, sendFailed } from '../../src/actors/gateway-orders.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import type { ClientOrderId } from '../../src/domain/order.ts'
import {
  NotSent,
  OutcomeUnknown,
  RateLimited,
  Unauthorized,
  WatchkeeperError,
} from '../../src/errors.ts'
import type { JournalEvent } from '../../src/ports/journal.ts'

describe('calls about an order, of an exit or of a net', () => {
  const id = 'wk1' as ClientOrderId
  let journal: JournalEvent[]
  let failures: unknown[]

  beforeEach(() => {
    journal = []
    failures = []
  })

  const rejecting = (reason: Error) => (): Promise<never> => Promise.reject(reason)
  const failed = (error: unknown): void => void failures.push(error)

  it('report a save that failed as trouble of the store, unless its position is over', async () => {
    const parts = { journal: (event: JournalEvent): void => void journal.push(event) }
    const save = (reason: Error) => isSaved(parts, rejecting(reason))
    expect(await isSaved(parts, () => Promise.resolve())).to.equal(true)
    expect(await save(new WatchkeeperError('POSITION_UNKNOWN', 'it is over'))).to.equal(false)
    expect(journal).to.deep.equal([])
    expect(await save(new Error('disk full'))).to.equal(false)
    expect(journal.map(({ kind }) => kind)).to.deep.equal(['store-failed'])
  })

  it('know what the error of a send proves, and report those of the venue alone', () => {
    const kindOf = (error: Error): string => sendFailed(error, { id, at: 5 }, failed).kind
    const limited = new RateLimited('429', { retryAfterMs: 60_000 })
    const refused = new Unauthorized('token')
    const lost = new OutcomeUnknown('timeout')
    expect([new NotSent('it may not leave now'), limited, refused, lost].map(kindOf)).to.deep.equal(
      ['not-sent', 'not-sent', 'not-sent', 'outcome-unknown'],
    )
    expect(failures).to.deep.equal([refused, lost])
    // The call desk keeps the wait: the order is ready before its turn.
    expect(sendFailed(limited, { id, at: 5 }, failed)).to.include({ retryAfterMs: 1_000, at: 5 })
  })

  it('report no question that was never sent as an error of the venue', async () => {
    const ask = (reason: Error) => {
      const refuses = rejecting(reason)
      const parts = {
        broker: { orderByClientId: refuses, cancel: refuses },
        callTimeoutMs: Infinity,
        now: () => 7,
      }
      const order = { clientOrderId: id, instrument: instrumentId('ACME') }
      return askOrder(parts, order, { by: 'cancel', failed })
    }
    expect(await ask(new NotSent('another call took its place'))).to.equal(undefined)
    expect(failures).to.deep.equal([])
    expect(await ask(new OutcomeUnknown('timeout'))).to.equal(undefined)
    expect(failures).to.have.length(1)
  })
})
