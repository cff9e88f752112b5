import { expect } from 'chai'
import { instrumentId } from '../../src/domain/ids.ts'
import { Faults } from '../../src/exits/faults.ts'
import type { NetView } from '../../src/nets/aim.ts'
import { NetBook } from '../../src/nets/net-book.ts'
import { netId } from '../../src/nets/net-id.ts'
import type { NetNotice } from '../../src/nets/notices.ts'
import { aPosition } from '../support/builders.ts'
import { FUTURES } from '../support/net-venue.ts'

const ACME = instrumentId('ACME')
const position = aPosition({ instrument: ACME, quantity: 4 })
const VIEW: NetView = {
  position,
  generation: 1,
  net: { beyondPct: 2, minMovePct: 0.5, everyMs: 1_000, limitPct: 5 },
  stop: () => 90,
}
const { visibilityMs } = FUTURES

describe('NetListing', () => {
  let book: NetBook
  let notices: NetNotice[]
  let now: number

  beforeEach(() => {
    notices = []
    now = 0
    book = new NetBook({
      settings: { capabilities: FUTURES, listsOrders: true, storeId: 's', loudAfterMs: 2_000 },
      account: {
        generationOf: () => 1,
        unitsOf: () => 4,
        exitOf: () => undefined,
        isExitDurable: () => false,
        asksForNone: () => false,
        keyOf: ({ instrument }) => ({ instrument }),
        lacks: () => false,
        isAlone: () => true,
        isWholeSince: () => true,
      },
      faults: new Faults(() => undefined),
      specOf: () => ({ lot: 1, minQuantity: 1, tickSize: 1 }),
      priceOf: () => 100,
      notify: notice => void notices.push(notice),
    })
  })

  const idOf = (n: number, storeId = 's'): string =>
    netId({ storeId, account: '', positionId: position.id, generation: 1, n }, 36)
  const row = (clientOrderId: string | null, remaining = -4) => ({
    clientOrderId,
    instrument: ACME,
    remaining,
  })
  const listed = (...rows: ReturnType<typeof row>[]): void =>
    book.listed(rows, { askedAt: now, now, open: [VIEW] })
  const orphans = (): unknown[] => notices.filter(({ kind }) => kind === 'net-orphan')

  /** A net that the venue has accepted at `now`. */
  const resting = () => {
    const allowed = { now, maySend: true, mayCancel: true }
    book.cycle([VIEW], allowed)
    const [net] = book.table.all()
    book.recorded(net!.record, now)
    book.takeDue(net!, allowed)
    book.happened({ kind: 'sent', id: net!.id, at: now })
    book.happened({ kind: 'answered', id: net!.id, answer: { kind: 'acknowledged' }, at: now })
    return net!
  }

  it('reports a stop of another store once, as long as it is listed, and cancels nothing', () => {
    const foreign = idOf(1, 'other')
    listed(row(foreign), row(null), row('wk123'))
    listed(row(foreign))
    expect([book.orphans, orphans().length]).to.deep.equal([[foreign], 1])
    expect([...book.table.all()]).to.deep.equal([])
    listed()
    expect(book.orphans).to.deep.equal([])
    listed(row(foreign))
    expect(orphans(), 'it has come again').to.have.length(2)
  })

  it('finds the net of a position that a restored store does not know, to replace it', () => {
    listed(row(idOf(7), -3))
    const [net] = book.table.all()
    expect([net!.record.n, net!.record.order.quantity, net!.unwanted]).to.deep.equal([
      7,
      3,
      'replaced',
    ])
    expect([book.orphans, orphans()]).to.deep.equal([[], []])
  })

  it('seeks no further than fifty orders of a position', () => {
    listed(row(idOf(51)))
    expect(book.orphans).to.deep.equal([idOf(51)])
  })

  it('bounds the orphans that are known at once', () => {
    listed(...Array.from({ length: 150 }, (_, n) => row(idOf(n + 1, 'other'))))
    expect([book.orphans.length, orphans().length]).to.deep.equal([100, 100])
  })

  it('has a net that a late enough list lacks asked for, and no earlier one', () => {
    const net = resting()
    now = visibilityMs - 1
    listed()
    expect(net.notListedAt, 'the list may lag').to.equal(-Infinity)
    now = visibilityMs
    listed()
    expect(net.notListedAt).to.equal(now)
    expect(book.takeDue(net, { now, maySend: true, mayCancel: true })).to.include('ask')
  })

  it('has a net looked up that the list shows with fewer units than are open', () => {
    const net = resting()
    now = 500
    listed(row(net.id, -4))
    expect(net.changedAtVenueAt).to.equal(-Infinity)
    listed(row(net.id, -1))
    expect(net.changedAtVenueAt).to.equal(now)
    expect(net.record.executed.quantity, 'a list proves no fill').to.equal(0)
  })
})
