import { expect } from 'chai'
import { tradeOf } from '../../src/account/trade.ts'
import { positionId, type PositionId } from '../../src/domain/ids.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import type { EverythingControl } from '../../src/views/everything-control.ts'
import { aPosition } from '../support/builders.ts'
import { codeOf } from '../support/code-of.ts'
import { anAddRequest, ServedAccounts } from '../support/served-accounts.ts'

const BY = { who: 'test', from: 'here' }

/** The line that ends a position. */
const ended = (): JournalLine => {
  const trade = tradeOf({ position: aPosition(), generation: 1 }, undefined)
  return { seq: 99, at: 5, kind: 'exit-filled', positionId: 'p1', trade, price: 90, quantity: 2 }
}

describe('all accounts at once', () => {
  let accounts: ServedAccounts
  let control: EverythingControl

  beforeEach(async () => {
    accounts = await new ServedAccounts().open()
    control = accounts.everything()
  })

  afterEach(() => accounts.stop())

  it('name a position by its account in every answer about it', async () => {
    const { added } = await control.add(anAddRequest('bolt'), BY)
    const { added: again, isNew } = await control.add(anAddRequest('bolt'), BY)
    const id = 'bolt/p1' as PositionId
    const flags = { force: false, exitNow: false }
    const ruled = await control.changeRules(id, { rules: { stopLoss: { pct: 4 } }, ...flags }, BY)
    const amended = await control.amend(id, { quantity: 2, ...flags }, BY)
    // The exit may be filled, and its position unknown, when it is answered.
    const { position } = control.why(id)!
    const exited = await control.exit(id, BY)
    const answers = [added, again, ruled, amended, position, exited]
    expect(answers.map(each => each.id)).to.deep.equal(Array.from({ length: 6 }, () => id))
    expect(isNew).to.equal(false)
  })

  it('show an exit as it was decided, also where it is filled before it is answered', async () => {
    await control.add(anAddRequest('acme'), BY)
    await accounts.acme.tick(100)
    const { account } = accounts.acme
    const record = account.record.bind(account)
    account.record = async (...line) => {
      await record(...line)
      await account.settled()
    }
    const exited = await control.exit('acme/p1', BY)
    expect(account.state.positions.get(positionId('p1'))?.state).to.equal('closed')
    expect(exited).to.include({ state: 'exiting', reason: 'manual', stop: 95, layer: 'ours' })
    expect(exited).to.not.have.property('unguardedBy')
  })

  it('name trades and lines of the journal by account, and take such names as questions', async () => {
    for (const name of ['acme', 'bolt']) {
      await control.add(anAddRequest(name), BY)
      accounts.each.get(name)!.earlier.push(ended())
    }
    const asked = { limit: 10, after: 0 }
    const tradesOf = async (query: object): Promise<unknown[]> =>
      (await control.trades({ ...asked, ...query })).trades.map(each => each.positionId)
    expect(await tradesOf({})).to.have.members(['acme/p1', 'bolt/p1'])
    expect(await tradesOf({ positionId: 'bolt/p1' })).to.deep.equal(['bolt/p1'])
    expect(await tradesOf({ positionId: 'p1' })).to.have.length(2)
    const journal = await control.journal({ ...asked, positionId: 'acme/p1' })
    expect(new Set(journal.map(each => each.positionId))).to.deep.equal(new Set(['acme/p1']))
  })

  it('keep every warning about a position, also where it was guarded already', async () => {
    const odd = anAddRequest('acme', { warnings: ['one', 'two'] })
    const ahead = { ...odd, position: { ...odd.position, openedAt: 2_000 } }
    const [first, second] = await Promise.all([control.add(ahead, BY), control.add(ahead, BY)])
    for (const { added } of [first, second]) {
      expect(added.warnings.slice(0, 2)).to.deep.equal(['one', 'two'])
      expect(added.warnings[2]).to.include('ahead of the clock')
    }
    expect([first.isNew, second.isNew]).to.have.members([true, false])
  })

  /** Exits `p1` of both accounts: `acme` holds the exit by `halt`, that of `bolt` waits for its broker. */
  async function twoExits(): Promise<void> {
    for (const [name, each] of accounts.each) {
      await control.add(anAddRequest(name), BY)
      await each.tick(100)
    }
    const { acme, bolt } = accounts
    await acme.control().setKillSwitch({ state: 'halt' }, BY)
    await bolt.control().setKillSwitch({ state: 'block' }, BY)
    bolt.venue.isDown = true
    for (const price of [94, 99]) for (const each of [acme, bolt]) await each.tick(price)
    expect(control.killSwitch().held).to.deep.equal(['acme/p1'])
    expect(stateIn('bolt')).to.equal('exiting')
  }

  const stateIn = (name: string) => accounts.each.get(name)!.control().position('p1')?.state
  const switches = () =>
    [...accounts.each.values()].map(({ account }) => account.state.killSwitch.state)

  it('discard the exits that halt held, and no other one', async () => {
    await twoExits()
    await control.setKillSwitch({ state: 'off', held: 'discard' }, BY)
    await accounts.settled()
    expect(switches()).to.deep.equal(['off', 'off'])
    expect(['acme', 'bolt'].map(stateIn)).to.deep.equal(['guarded', 'exiting'])
  })

  it('move no kill switch where one of them holds exits about which nothing is said', async () => {
    await twoExits()
    const code = await codeOf(control.setKillSwitch({ state: 'off' }, BY))
    expect(code).to.equal('HELD_EXITS')
    expect(switches()).to.deep.equal(['halt', 'block'])
  })
})
