import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { accountsOf, feedsOf } from '../../src/config/accounts.ts'
import type { ServiceConfig } from '../../src/config/schema.ts'
import { loadServiceConfig } from '../../src/config/service-file.ts'
import { InputError } from '../../src/errors.ts'
import { Folder } from '../support/cli.ts'

describe('the accounts of a configuration', () => {
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  const load = (text: string, env: NodeJS.ProcessEnv = {}): ServiceConfig =>
    loadServiceConfig({ file: folder.file('c.yaml', text), env, overrides: {} })

  /** Each fault as `path: found, expected`. */
  const faultsOf = (text: string): string[] => {
    try {
      load(text)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      return error.faults.map(({ path, found, expected }) => `${path}: ${found}, ${expected}`)
    }
    return []
  }

  /** Writes `accounts/<name>.yaml`. */
  const accountFile = (name: string, text: string): void => besideAccounts(`${name}.yaml`, text)

  /** Writes a file into the folder of the accounts. */
  const besideAccounts = (file: string, text: string): void => {
    mkdirSync(join(folder.path, 'accounts'), { recursive: true })
    writeFileSync(join(folder.path, 'accounts', file), text)
  }

  const summary = (config: ServiceConfig): string[] =>
    accountsOf(config).all.map(
      ({ name, feed, config: own }) => `${name} ${own.broker.kind} ${feed}`,
    )

  it('refuses the same account in the configuration and in a file', () => {
    accountFile('acme', 'broker: { kind: paper }')
    expect(faultsOf('accounts: { acme: { broker: { kind: paper } } }')).to.deep.equal([
      'accounts.acme: the account "acme" again in accounts/acme.yaml, it in one place',
    ])
  })

  it('refuses main beside a broker at the top, and the feed main beside a feed at the top', () => {
    const text = `broker: { kind: paper }
feed: { kind: simulated }
feeds: { main: { kind: simulated } }
accounts: { main: { broker: { kind: paper } } }
`
    expect(faultsOf(text)).to.deep.equal([
      'accounts.main: "main" again: the section broker at the top is main, it in one place',
      'feeds.main: "main" again: the section feed at the top is main, it in one place',
    ])
  })

  it('refuses an account that names no feed of two, and one that names an unknown feed', () => {
    const text = `feeds: { east: { kind: simulated }, west: { kind: simulated } }
accounts:
  acme: { broker: { kind: paper } }
  bolt: { broker: { kind: paper }, feed: est }
`
    expect(faultsOf(text)).to.deep.equal([
      'accounts.acme.feed: nothing, the name of a feed: east, west',
      'accounts.bolt.feed: the unknown feed "est", another name: did you mean east?',
    ])
  })

  it('names the file and the line of a fault in a file of an account', () => {
    accountFile('acme', 'mode: guard\nbroker: { kind: paper, delayms: 5 }\n')
    accountFile('bolt', 'broker: [')
    const message = (() => {
      try {
        load('')
      } catch (error) {
        return (error as InputError).message
      }
      return ''
    })()
    expect(message).to.contain(
      'accounts/acme.yaml: broker.delayms, line 2: found an unknown setting, expected another name: did you mean delayMs?',
    )
    expect(message).to.contain('accounts/bolt.yaml, line 1: found')
    expect(message).not.to.contain('accounts.bolt')
  })

  it('names the file of an account also where its feed, or its own name, is wrong', () => {
    accountFile('acme', 'broker: { kind: paper }\nfeed: est\n')
    const feeds = 'feeds: { east: { kind: simulated }, west: { kind: simulated } }'
    expect(faultsOf(feeds)).to.deep.equal([
      'accounts/acme.yaml: feed: the unknown feed "est", another name: did you mean east?',
    ])
    accountFile('Bolt', 'broker: { kind: paper }')
    accountFile('all', 'broker: { kind: paper }')
    expect(faultsOf('')).to.deep.equal([
      'accounts/Bolt.yaml: the file: the name "Bolt", at most 40 of a-z, 0-9 and -, the first of them a letter',
      'accounts/all.yaml: the file: the name "all", another name: all stands for every account',
    ])
  })

  it('refuses a file whose extension would keep its account from being guarded', () => {
    accountFile('acme', 'broker: { kind: paper }')
    for (const file of ['bolt.yml', 'cove.json', 'dell.YAML']) besideAccounts(file, '')
    besideAccounts('README.md', 'of no account')
    mkdirSync(join(folder.path, 'accounts', 'data.json'))
    expect(faultsOf('')).to.deep.equal([
      'accounts/bolt.yml: the extension .yml, accounts/bolt.yaml, or no such file',
      'accounts/cove.json: the extension .json, accounts/cove.yaml, or no such file',
      'accounts/dell.YAML: the extension .YAML, accounts/dell.yaml, or no such file',
    ])
  })

  it('refuses a name that addresses and variables cannot have, and the one of all accounts', () => {
    const text =
      'accounts: { Acme_1: { broker: { kind: paper } }, all: { broker: { kind: paper } } }'
    expect(faultsOf(text).map(each => each.replace(/:.*/, ''))).to.deep.equal([
      'accounts.Acme_1',
      'accounts.all',
    ])
  })

  it('refuses an account without a broker, and keys of a broker in any file', () => {
    accountFile('acme', 'broker: { kind: binance, environment: demo, keyFile: key, secret: abc }')
    expect(faultsOf('accounts: { bolt: { mode: observe } }')).to.deep.equal([
      'accounts.bolt.broker: nothing, a map',
      'accounts/acme.yaml: broker.secret: it in a file, WATCHKEEPER_ACCOUNTS_ACME_BROKER_SECRET in the environment, or broker.keyFile',
    ])
  })

  it('needs the account of an advisor where there are several', () => {
    const advisors = `advisors:
  - { name: a, command: [node] }
  - { name: b, command: [node], account: acne }
`
    const accounts =
      'accounts: { acme: { broker: { kind: paper } }, bolt: { broker: { kind: paper } } }'
    expect(faultsOf(advisors + accounts)).to.deep.equal([
      'advisors[0].account: nothing, the name of an account: acme, bolt',
      'advisors[1].account: the unknown account "acne", another name: did you mean acme?',
    ])
    expect(faultsOf('advisors: [{ name: a, command: [node] }]')).to.deep.equal([])
  })

  it('needs the account of a hook of freqtrade where there are several, and knows it', () => {
    const hooks = (accounts: string) => `http:
  hooks:
    - { name: a, kind: freqtrade, secretFile: a }
    - { name: b, kind: tradingview, secretFile: b }
    - { name: c, kind: tradingview, secretFile: c, account: acne }
    - { name: d, kind: freqtrade, secretFile: d, account: bolt/A1 }
${accounts}`
    const accounts =
      'accounts: { acme: { broker: { kind: paper } }, bolt: { broker: { kind: paper } } }'
    expect(faultsOf(hooks(accounts))).to.deep.equal([
      'http.hooks[0].account: nothing, the name of an account: acme, bolt',
      'http.hooks[2].account: the unknown account "acne", another name: did you mean acme?',
    ])
    expect(faultsOf(hooks(''))).to.deep.equal([])
  })

  it('refuses a notification channel of an unknown account', () => {
    const text = `accounts: { acme: { broker: { kind: paper } } }
notify: { channels: [{ kind: webhook, url: 'http://127.0.0.1:9/', accounts: [acme, acne] }] }
`
    expect(faultsOf(text)).to.deep.equal([
      'notify.channels[0].accounts[1]: the unknown account "acne", another name: did you mean acme?',
    ])
  })

  it('makes the sections at the top the only account, whose name nothing shows', () => {
    const plans = accountsOf(load('broker: { kind: paper }'))
    expect(plans.areNamed).to.equal(false)
    expect(plans.all.map(({ name, feed }) => [name, feed])).to.deep.equal([['main', 'main']])
  })

  it('makes a broker at the top the account main, where others are named', () => {
    const text = 'broker: { kind: paper }\naccounts: { acme: { broker: { kind: paper } } }'
    expect(summary(load(text))).to.deep.equal(['main paper main', 'acme paper main'])
    expect(summary(load('accounts: { acme: { broker: { kind: paper } } }'))).to.deep.equal([
      'acme paper main',
    ])
  })

  it('takes the sections that an account leaves out from the top', () => {
    const config = load(`mode: observe
massExit: { max: 3 }
exits: { retryMs: 2000 }
portfolio: { limits: [{ name: day, maxLoss: 10 }] }
gateway: { laneBound: 7 }
holdings: { adopt: 'off' }
acceptUnprovable: true
accounts:
  acme: { broker: { kind: paper } }
  bolt:
    broker: { kind: paper, delayMs: 1 }
    mode: guard
    massExit: { max: 4 }
    exits: { retryMs: 3000 }
    portfolio: {}
    gateway: { laneBound: 8 }
    holdings: { adopt: alert }
    acceptUnprovable: false
`)
    const facts = accountsOf(config).all.map(({ config: own }) => [
      own.mode,
      own.massExit?.max,
      own.exits.retryMs,
      own.portfolio.limits.length,
      own.gateway.laneBound,
      own.holdings.adopt,
      own.acceptUnprovable,
    ])
    expect(facts).to.deep.equal([
      ['observe', 3, 2_000, 1, 7, 'off', true],
      ['guard', 4, 3_000, 0, 8, 'alert', false],
    ])
  })

  it('gives each account its feed, of whatever kind', () => {
    const config = load(`feed: { kind: simulated, seed: 1 }
feeds: { east: { kind: simulated, seed: 2 }, crypto: { kind: redis, redis: { url: 'redis://127.0.0.1:1' } } }
accounts:
  acme: { broker: { kind: paper } }
  bolt: { broker: { kind: paper }, feed: east }
  coin: { broker: { kind: paper }, feed: crypto }
`)
    expect([...feedsOf(config).keys()]).to.deep.equal(['main', 'east', 'crypto'])
    const feeds = accountsOf(config).all.map(({ feed, config: own }) => [feed, own.feed.seed])
    expect(feeds).to.deep.equal([
      ['main', 1],
      ['east', 2],
      ['crypto', 1],
    ])
  })

  it('reads files beside the configuration, and takes their paths as relative to them', () => {
    accountFile('acme', 'broker: { kind: okx, environment: demo, keyFile: acme.json }')
    const [acme] = accountsOf(load('http: { port: 0 }')).all
    expect(acme?.name).to.equal('acme')
    expect(acme?.config.broker).to.include({
      kind: 'okx',
      keyFile: join(folder.path, 'accounts', 'acme.json'),
    })
  })

  it('takes settings of accounts from the environment', () => {
    const text = 'accounts: { acme: { broker: { kind: paper } } }'
    const env = { WATCHKEEPER_ACCOUNTS_ACME_BROKER_DELAY__MS: '7' }
    expect(accountsOf(load(text, env)).all[0]?.config.broker).to.include({ delayMs: 7 })
  })
})
