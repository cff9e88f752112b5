import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  openPaperAccount,
  type PaperAccount,
  type PaperAccountOptions,
} from '../../src/brokers/paper-account.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../src/domain/order.ts'
import { AccountUnusable, NotSent, OutcomeUnknown } from '../../src/errors.ts'
import type { OrderUpdate } from '../../src/ports/broker.ts'
import { aPosition } from '../support/builders.ts'
import { codeOf } from '../support/code-of.ts'
import { needing } from '../support/needing.ts'
import { smallDisk } from '../support/small-disk.ts'

const ACME = instrumentId('ACME')
const clientId = (id: string): ClientOrderId => id as ClientOrderId
const { signal } = new AbortController()

const anOrder = (but: Partial<ExitOrder> = {}): ExitOrder => ({
  clientOrderId: clientId('c1'),
  positionId: positionId('p1'),
  instrument: ACME,
  side: 'long',
  quantity: 2,
  priceSource: 'trade',
  reduceOnly: true,
  ...but,
})

const anId = (id: string, but: Partial<ExitOrder> = {}): ExitOrder =>
  anOrder({ clientOrderId: clientId(id), ...but })

/** The rejection of a promise; fails if there is none. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    value => expect.fail(`resolved with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )

const WORKING = { kind: 'working', executed: { quantity: 0, price: null } }
const ENDED = { ...WORKING, kind: 'ended' }

describe('PaperAccount', () => {
  let folder: string
  let prices: Record<string, number>
  let opened: PaperAccount[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-paper-'))
    prices = { trade: 90, bid: 89, ask: 91 }
    opened = []
  })
  afterEach(async () => {
    for (const account of opened) await account.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const openAccount = (but: Partial<PaperAccountOptions> = {}): PaperAccount => {
    const quotes = { price: (_: unknown, view: string) => prices[view] }
    const account = openPaperAccount({ folder, quotes, now: () => 5000, ...but })
    opened.push(account)
    return account
  }
  const reopen = async (but: Partial<PaperAccountOptions> = {}): Promise<PaperAccount> => {
    for (const account of opened.splice(0)) await account.close()
    return openAccount(but)
  }
  const withLong = async (
    quantity: number,
    but: Partial<PaperAccountOptions> = {},
  ): Promise<PaperAccount> => {
    const account = openAccount(but)
    await account.deposit(aPosition({ quantity }))
    return account
  }

  describe('killed by SIGKILL', () => {
    /**
     * Runs `body` in a process of its own and kills it once it has printed so many lines; returns
     * the lines after the first.
     */
    async function runAndKill(body: string, afterLines = 1): Promise<string[]> {
      const path = JSON.stringify(new URL('../../src/brokers/paper-account.ts', import.meta.url))
      const code = `
        import { openPaperAccount } from ${path}
        const signal = new AbortController().signal
        const quotes = { price: () => 90 }
        const order = (clientOrderId, quantity) => ({ clientOrderId, quantity, positionId: 'p1',
          instrument: 'ACME', side: 'long', priceSource: 'trade', reduceOnly: true })
        const folder = ${JSON.stringify(folder)}
        ${body}`
      const args = ['--import', 'tsx', '--input-type=module', '--eval', code]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      const exit = once(child, 'close')
      let output = ''
      const printed = new Promise<void>(resolve => {
        child.stdout.on('data', (chunk: Buffer) => {
          output += chunk.toString()
          if (output.split('\n').length > afterLines) resolve()
        })
      })
      await Promise.race([printed, exit])
      child.kill('SIGKILL')
      expect(await exit).to.deep.equal([null, 'SIGKILL'])
      return output.split('\n').slice(1, -1)
    }

    it('has filled an order whose answer never arrived, and does not fill it again', async () => {
      await (await withLong(5)).close()
      opened = []
      await runAndKill(
        `const account = openPaperAccount({ folder, quotes, delayMs: 60_000 })
         account.placeExit(order('c1', 2), signal).then(() => process.exit(3))
         while ((await account.orderByClientId('c1')).kind !== 'filled')
           await new Promise(resolve => setTimeout(resolve, 1))
         console.log('acted')`,
      )
      prices['trade'] = 70
      const account = openAccount()
      const fill = { clientOrderId: 'c1', positionId: 'p1', quantity: 2, price: 90 }
      const order = { kind: 'filled', executed: { quantity: 2, price: 90 } }
      expect(await account.orderByClientId(clientId('c1'))).to.deep.equal(order)
      const answer = await account.placeExit(anOrder(), signal)
      expect(answer).to.deep.equal({ kind: 'acknowledged', order })
      expect(account.fills()).to.deep.equal([fill])
      expect(await account.holding({ instrument: ACME })).to.deep.include({
        kind: 'held',
        quantity: 3,
      })
    })

    it('has filled everything that it answered, and holds the rest, whenever it dies', async () => {
      const deposited = 100_000
      await (await withLong(deposited)).close()
      opened = []
      for (const [run, afterLines] of [1, 2, 12, 40].entries()) {
        const answered = await runAndKill(
          `import { writeSync } from 'node:fs'
           const account = openPaperAccount({ folder, quotes })
           writeSync(1, 'open\\n')
           for (let i = 0; ; i++) await Promise.all([0, 1, 2].map(async k => {
             const id = '${run}:' + i + ':' + k
             await account.placeExit(order(id, 1), signal)
             writeSync(1, id + '\\n')
           }))`,
          afterLines,
        )
        const account = openAccount()
        const report = await account.holding({ instrument: ACME, side: 'long' })
        const fills = account.fills()
        expect(report).to.deep.include({ kind: 'held', quantity: deposited - fills.length })
        expect(fills.map(fill => fill.clientOrderId)).to.include.members(answered)
        expect(answered).to.have.length.of.at.least(afterLines - 1)
        for (const { clientOrderId } of fills) {
          await account.placeExit(anOrder({ clientOrderId, quantity: 1 }), signal)
        }
        expect(account.fills()).to.deep.equal(fills)
        for (const one of opened.splice(0)) await one.close()
      }
    })
  })

  it('answers nothing about an order whose answer was lost, and has executed it once', async () => {
    const account = await withLong(5, { timeoutRate: 1 })
    expect(await failure(account.placeExit(anOrder(), signal))).to.be.instanceOf(OutcomeUnknown)
    expect(await failure(account.placeExit(anOrder(), signal))).to.be.instanceOf(OutcomeUnknown)
    expect(await account.orderByClientId(clientId('c1'))).to.have.property('kind', 'filled')
    expect(await account.holding({ instrument: ACME })).to.deep.include({
      kind: 'held',
      quantity: 3,
    })
  })

  it('answers unknown while it is unreachable, and executes nothing', async () => {
    const account = await withLong(5)
    account.outage = true
    expect(await failure(account.placeExit(anOrder(), signal))).to.be.instanceOf(NotSent)
    expect(await failure(account.cancel(clientId('c1')))).to.be.instanceOf(NotSent)
    expect(await failure(account.holdings())).to.be.instanceOf(NotSent)
    expect(await account.holding({ instrument: ACME })).to.deep.equal({ kind: 'unknown' })
    expect(await account.orderByClientId(clientId('c1'))).to.deep.equal({ kind: 'unknown' })
    account.outage = false
    expect(await account.orderByClientId(clientId('c1'))).to.deep.equal({ kind: 'absent' })
  })

  it('distinguishes an exit that was aborted before it was sent from one that was aborted before its answer', async () => {
    const account = await withLong(5, { delayMs: 60_000 })
    const early = await failure(account.placeExit(anOrder(), AbortSignal.abort()))
    expect(early).to.be.instanceOf(NotSent)
    const late = await failure(account.placeExit(anId('c2'), AbortSignal.timeout(50)))
    expect(late).to.be.instanceOf(OutcomeUnknown)
    expect(account.fills().map(fill => fill.clientOrderId)).to.deep.equal(['c2'])
  })

  it('rejects at the configured rate, the same orders for the same seed, and stores none of them', async () => {
    const answers = async (seed: number): Promise<string> => {
      const account = openAccount({ fresh: true, rejectRate: 0.5, seed })
      await account.deposit(aPosition({ quantity: 100 }))
      let kinds = ''
      for (let i = 0; i < 40; i++) {
        const answer = await account.placeExit(anId(`c${i}`, { quantity: 1 }), signal)
        kinds += answer.kind === 'rejected' ? 'r' : 'f'
      }
      expect(account.fills().length).to.equal(kinds.split('f').length - 1)
      await account.close()
      opened = []
      return kinds
    }
    const first = await answers(1)
    expect(first).to.match(/r/).and.match(/f/)
    expect(await answers(1)).to.equal(first)
    expect(await answers(2)).to.not.equal(first)
  })

  it('never rejects an order that it has already executed', async () => {
    const account = await withLong(5)
    const answer = await account.placeExit(anOrder(), signal)
    const strict = await reopen({ rejectRate: 1 })
    expect(await strict.placeExit(anOrder(), signal)).to.deep.equal(answer)
  })

  it('fills no more than it holds, then rejects', async () => {
    const account = await withLong(3)
    const kinds: unknown[] = []
    for (const id of ['a', 'b', 'c']) kinds.push(await account.placeExit(anId(id), signal))
    const executed = (quantity: number) => ({ quantity, price: 90 })
    expect(kinds).to.deep.equal([
      { kind: 'acknowledged', order: { kind: 'filled', executed: executed(2) } },
      { kind: 'acknowledged', order: { kind: 'ended', executed: executed(1) } },
      { kind: 'rejected', code: 'insufficient-quantity' },
    ])
    expect(await account.holding({ instrument: ACME })).to.deep.equal({ kind: 'flat', ageMs: 0 })
    expect(await account.holdings()).to.deep.equal([])
    expect(await account.orderByClientId(clientId('c'))).to.deep.equal({ kind: 'absent' })
  })

  it('makes one order of an id that is sent several times at once', async () => {
    const account = await withLong(5)
    await Promise.all([1, 2, 3].map(() => account.placeExit(anOrder(), signal)))
    expect(account.fills()).to.have.length(1)
    expect(await account.holding({ instrument: ACME })).to.deep.include({ quantity: 3 })
  })

  it('deposits a position once for each generation, also after a restart', async () => {
    const account = openAccount()
    const position = aPosition({ quantity: 0.1 })
    expect(await account.deposit(position)).to.equal(true)
    expect(await account.deposit(position)).to.equal(false)
    const again = await reopen()
    expect(await again.deposit(position)).to.equal(false)
    expect(await again.deposit(position, 2)).to.equal(true)
    expect(await again.deposit(position, 3)).to.equal(true)
    expect(await again.holding({ instrument: ACME })).to.deep.include({ quantity: 0.3 })
  })

  it('takes back deposits of positions that were never stored, and nothing else', async () => {
    const account = openAccount()
    await account.deposit(aPosition({ id: positionId('kept'), quantity: 1 }))
    await account.deposit(aPosition({ id: positionId('lost'), quantity: 4 }))
    await account.deposit(aPosition({ id: positionId('sold'), quantity: 2 }))
    await account.placeExit(anOrder({ positionId: positionId('sold'), quantity: 2 }), signal)
    const again = await reopen()
    const withdrawn = await again.withdrawUnknown(id => id === 'kept')
    expect(withdrawn).to.equal(1)
    expect(await again.holding({ instrument: ACME })).to.deep.include({ quantity: 1 })
    expect(await again.deposit(aPosition({ id: positionId('lost'), quantity: 3 }))).to.equal(true)
    expect(await again.holding({ instrument: ACME })).to.deep.include({ quantity: 4 })
  })

  it('is exactly flat after decimal quantities', async () => {
    const account = openAccount()
    for (const [i, quantity] of [0.5, 0.1, 0.3, 0.3].entries()) {
      await account.deposit(aPosition({ id: positionId(`p${i}`), quantity }))
    }
    for (const [i, quantity] of [0.3, 0.1, 0.5, 0.3].entries()) {
      await account.placeExit(anId(`c${i}`, { quantity }), signal)
    }
    expect(await account.holding({ instrument: ACME })).to.have.property('kind', 'flat')
  })

  it('holds longs and shorts of an instrument side by side', async () => {
    const account = await withLong(5)
    await account.deposit(aPosition({ id: positionId('s'), side: 'short', quantity: 5 }))
    expect(await account.holding({ instrument: ACME })).to.deep.include({
      kind: 'held',
      quantity: 0,
    })
    expect(await account.holding({ instrument: ACME, side: 'short' })).to.deep.include({
      kind: 'held',
      quantity: -5,
    })
    await account.placeExit(anOrder({ side: 'short', priceSource: 'quote' }), signal)
    expect(account.fills()[0]!.price).to.equal(91)
    expect(await account.holdings()).to.deep.equal([
      { instrument: ACME, side: 'long', quantity: 5, ageMs: 0 },
      { instrument: ACME, side: 'short', quantity: -3, ageMs: 0 },
    ])
  })

  describe('before the first price', () => {
    let updates: OrderUpdate[]
    const listen = (account: PaperAccount): PaperAccount => {
      updates = []
      account.streamOrders(update => updates.push(update))
      return account
    }
    beforeEach(() => (prices = {}))

    it('lets an order work, also over a restart, and fills it once', async () => {
      const account = await withLong(5)
      const acknowledged = { kind: 'acknowledged', order: WORKING }
      expect(await account.placeExit(anOrder(), signal)).to.deep.equal(acknowledged)
      const again = listen(await reopen())
      expect(await again.orderByClientId(clientId('c1'))).to.deep.equal(WORKING)
      expect(await again.placeExit(anOrder(), signal)).to.deep.equal(acknowledged)
      await again.priced(ACME)
      expect(updates).to.deep.equal([])
      prices = { trade: 80 }
      await Promise.all([again.priced(ACME), again.priced(ACME)])
      await again.priced(ACME)
      expect(updates.map(({ order }) => 'executed' in order && order.executed.price)).to.deep.equal(
        [80],
      )
      expect(await again.holding({ instrument: ACME })).to.deep.include({ quantity: 3 })
    })

    it('ends a working order on request; its id then makes no order again', async () => {
      const account = listen(await withLong(5))
      await account.placeExit(anOrder(), signal)
      expect(await account.cancel(clientId('c1'))).to.deep.equal(ENDED)
      prices = { trade: 80 }
      await account.priced(ACME)
      expect(updates).to.deep.equal([])
      const answer = await account.placeExit(anOrder(), signal)
      expect(answer).to.deep.equal({ kind: 'acknowledged', order: ENDED })
      expect(await account.orderByClientId(clientId('c1'))).to.deep.equal(ENDED)
    })

    it('ends a working order whose holding another order has closed', async () => {
      const account = listen(await withLong(2))
      await account.placeExit(anId('a'), signal)
      await account.placeExit(anId('b'), signal)
      prices = { trade: 80 }
      await account.priced(ACME)
      const kinds = updates.map(({ clientOrderId, order }) => [clientOrderId, order.kind])
      expect(kinds).to.deep.equal([
        ['a', 'filled'],
        ['b', 'ended'],
      ])
      const answer = await account.placeExit(anId('b'), signal)
      expect(answer).to.deep.equal({ kind: 'acknowledged', order: ENDED })
    })
  })

  it('reports a cancel that came after the fill, or for no order', async () => {
    const account = await withLong(5)
    await account.placeExit(anOrder(), signal)
    expect(await account.cancel(clientId('c1'))).to.have.property('kind', 'filled')
    expect(await account.cancel(clientId('other'))).to.deep.equal({ kind: 'absent' })
  })

  it('deletes everything when it is opened fresh', async () => {
    await withLong(5)
    const account = await reopen({ fresh: true })
    expect(await account.holdings()).to.deep.equal([])
    expect(await account.deposit(aPosition())).to.equal(true)
  })

  it('refuses a folder with other content, or something that is no folder', () => {
    writeFileSync(join(folder, 'data.mdb'), 'not a database'.repeat(1000))
    expect(() => openAccount()).to.throw(AccountUnusable, folder)
    const file = join(folder, 'file')
    writeFileSync(file, '')
    expect(() => openAccount({ folder: file })).to.throw(AccountUnusable, file)
  })

  needing('a small disk').it('fails with ACCOUNT_FULL on a disk without room', async () => {
    const disk = smallDisk(1)!
    try {
      disk.fill()
      const open = () => openAccount({ folder: join(disk.folder, 'paper') })
      expect(await codeOf(open)).to.equal('ACCOUNT_FULL')
    } finally {
      disk.end()
    }
  })
})
