import { expect } from 'chai'
import { feedWarnings } from '../../src/app/feed-warnings.ts'
import { accountNames } from '../../src/config/accounts.ts'
import { loadPositions } from '../../src/config/positions-file.ts'
import { serviceSchema } from '../../src/config/schema.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder } from '../support/cli.ts'

const HTTP = { kind: 'http', url: 'http://127.0.0.1:9', token: 'a-test-token-0123456' }
const BRIDGE = { ...HTTP, capabilities: { dedupe: 'always' } }
const CONFIG = {
  feeds: { stocks: { kind: 'poll' }, sim: { kind: 'simulated' } },
  accounts: {
    acme: { broker: BRIDGE, feed: 'stocks' },
    coins: { broker: { kind: 'paper' }, feed: 'sim' },
  },
}

describe('feedWarnings', () => {
  let folder: Folder

  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  const fileOf = (account: string, more: object): string => {
    const fields = { id: 'p1', instrument: 'X', side: 'long', quantity: 1, entryPrice: 100 }
    const rules = { stopLoss: { pct: 5 } }
    const positions = [{ account, ...fields, rules, ...more }]
    return folder.file('positions.json', JSON.stringify({ positions }))
  }

  const warned = (account: string, more: object): readonly string[] => {
    const config = serviceSchema.parse(CONFIG)
    const accounts = accountNames(config)
    const positionsFile = fileOf(account, more)
    const { entries } = loadPositions({ positionsFile, strict: false, accounts })
    return feedWarnings(config, entries)
  }

  const OWN = 'coins/p1: underlying: found "sim:BTCUSD", expected "BTCUSD", as sim is its own feed'
  const POLLED =
    'coins/p1: underlying: found "stocks:ACME", expected a feed that accounts share: stocks (poll) is read from the broker of each'

  it('names underlyings that no feed of the account has under that name', () => {
    expect(warned('coins', { underlying: 'sim:BTCUSD' })).to.deep.equal([OWN])
    expect(warned('coins', { underlying: 'stocks:ACME' })).to.deep.equal([POLLED])
    const rules = { underlying: { instrument: 'stocks:ACME', below: 5 } }
    expect(warned('coins', { rules })).to.deep.equal([POLLED])
  })

  it('finds nothing odd in an underlying of a shared feed, or in a name with a colon of its own', () => {
    expect(warned('acme', { underlying: 'sim:BTCUSD' })).to.deep.equal([])
    expect(warned('coins', { underlying: 'NSE:NIFTY' })).to.deep.equal([])
    expect(warned('coins', { underlying: 'BTCUSD' })).to.deep.equal([])
  })

  it('is a part of a check', async () => {
    const positions = fileOf('coins', { underlying: 'sim:BTCUSD' })
    const config = folder.file('c.json', JSON.stringify(CONFIG))
    const { stderr } = await cliHere(['check', '--config', config, '--positions', positions])
    expect(stderr).to.contain(`warning: ${OWN}\n`)
  })
})
