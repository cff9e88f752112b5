import { expect } from 'chai'
import type { ProcessControl } from '../../src/views/process-control.ts'
import { codeOf } from '../support/code-of.ts'
import { anAddRequest, ServedAccounts } from '../support/served-accounts.ts'

const BY = { who: 'test', from: 'here' }
const FLAGS = { force: false, exitNow: false }

describe('the control of several accounts', () => {
  let accounts: ServedAccounts
  let control: ProcessControl

  beforeEach(async () => {
    accounts = await new ServedAccounts().open()
    control = accounts.control()
  })

  afterEach(() => accounts.stop())

  const add = (account: string, id: string) => control.add(anAddRequest(account, { id }), BY)

  const stateOf = (account: string, id: string) =>
    accounts.each.get(account)!.control().position(id)?.state

  it('refuses acts on an id that another account has as an id of its own', async () => {
    await add('bolt', 'p1')
    await add('acme', 'bolt/p1')
    await accounts.bolt.tick(100)
    const before = stateOf('bolt', 'p1')
    const rules = { rules: { stopLoss: { pct: 4 } }, ...FLAGS }
    const acts = [
      async () => control.exit('bolt/p1', BY),
      async () => control.release('bolt/p1', BY),
      async () => control.changeRules('bolt/p1', rules, BY),
      async () => control.amend('bolt/p1', { quantity: 1, ...FLAGS }, BY),
      async () => control.previewRules('bolt/p1', rules),
      async () => control.why('bolt/p1'),
    ]
    for (const act of acts) expect(await codeOf(act())).to.equal('ACCOUNT_REQUIRED')
    expect(stateOf('bolt', 'p1')).to.equal(before)
    expect((await control.exit('acme/bolt/p1', BY)).account).to.equal('acme')
    // Where every id begins with its account, the text has one meaning.
    expect((await accounts.everything().exit('bolt/p1', BY)).account).to.equal('bolt')
  })

  it('refuses exits of an account that neither the configuration nor the store has', async () => {
    expect(await codeOf(control.trades({ limit: 1, account: 'zinc' }))).to.equal('ACCOUNT_UNKNOWN')
    expect((await control.trades({ limit: 1, account: 'bolt/A1' })).trades).to.deep.equal([])
  })
})
