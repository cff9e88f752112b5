import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openPaperAccount, type PaperAccount } from '../../src/brokers/paper-account.ts'
import type { ClientOrderId } from '../../src/domain/order.ts'
import type { StopOrder } from '../../src/domain/resting-stop.ts'
import { aPosition } from '../support/builders.ts'
import { ACME, anOrder } from '../support/http-broker.ts'

const { signal } = new AbortController()
const ID = 'wkn1' as ClientOrderId

const aStop = (price: number, but: Partial<StopOrder> = {}): StopOrder => ({
  ...anOrder({ clientOrderId: ID, quantity: 5 }),
  trigger: { price, by: 'last' },
  ...but,
})

describe('a resting stop of a paper account', () => {
  let folder: string
  let price: number
  let account: PaperAccount

  const open = (): PaperAccount =>
    openPaperAccount({ folder, quotes: { price: () => price }, now: () => 5_000 })

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-paper-'))
    price = 100
    account = open()
    await account.deposit(aPosition({ instrument: ACME, quantity: 5 }))
  })
  afterEach(async () => {
    await account.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const at = async (next: number): Promise<void> => {
    price = next
    await account.priced(ACME)
  }
  const state = async () => account.orderByClientId(ID)

  it('is refused where the price has met its trigger already', async () => {
    const answer = await account.placeStop(aStop(100), signal)
    expect(answer).to.deep.equal({ kind: 'rejected', code: 'would-trigger' })
    expect(await state()).to.deep.equal({ kind: 'absent' })
  })

  it('is refused where nothing is held', async () => {
    await account.placeExit(anOrder({ quantity: 5 }), signal)
    const answer = await account.placeStop(aStop(90), signal)
    expect(answer).to.deep.equal({ kind: 'rejected', code: 'insufficient-quantity' })
  })

  it('executes what an exit has left of the holding, and never more', async () => {
    await account.placeStop(aStop(90), signal)
    await account.placeExit(anOrder({ quantity: 2 }), signal)
    await at(89)
    expect(await state()).to.deep.equal({ kind: 'ended', executed: { quantity: 3, price: 89 } })
    expect(await account.holding({ instrument: ACME })).to.deep.equal({ kind: 'flat', ageMs: 0 })
  })

  it('rests through prices that do not meet it, and is executed by the first that does', async () => {
    const pushed: string[] = []
    account.streamOrders(({ clientOrderId, order }) =>
      pushed.push(`${clientOrderId} ${order.kind}`),
    )
    await account.placeStop(aStop(90), signal)
    await at(90.5)
    expect(await state()).to.have.property('kind', 'working')
    await at(90)
    expect(await state()).to.deep.equal({ kind: 'filled', executed: { quantity: 5, price: 90 } })
    expect(pushed).to.deep.equal(['wkn1 filled'])
  })

  it('buys a short back at its trigger or above', async () => {
    await account.deposit(aPosition({ instrument: ACME, side: 'short', quantity: 5 }), 2)
    await account.placeStop(aStop(110, { side: 'short' }), signal)
    await at(109)
    expect(await state()).to.have.property('kind', 'working')
    await at(110)
    expect(await state()).to.have.property('kind', 'filled')
  })

  it('is executed by the first price of a later process', async () => {
    await account.placeStop(aStop(90), signal)
    await account.close()
    account = open()
    await at(80)
    expect(await state()).to.deep.equal({ kind: 'filled', executed: { quantity: 5, price: 80 } })
  })

  it('has the trigger of its last change, also in a later process', async () => {
    await account.placeStop(aStop(90), signal)
    expect(await account.amendStop(aStop(95))).to.have.property('kind', 'working')
    await account.close()
    account = open()
    await at(94)
    expect(await state()).to.have.property('kind', 'filled')
  })

  it('is not executed after its cancel', async () => {
    await account.placeStop(aStop(90), signal)
    expect(await account.cancel(ID)).to.have.property('kind', 'ended')
    await at(80)
    expect(await state()).to.have.property('kind', 'ended')
    expect(account.fills()).to.deep.equal([])
  })

  it('is one order, however often it is sent', async () => {
    await account.placeStop(aStop(90), signal)
    await account.placeStop(aStop(90), signal)
    await at(80)
    expect(account.fills()).to.have.length(1)
  })
})
