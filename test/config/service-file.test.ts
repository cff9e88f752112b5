import { mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { PATHS } from '../../src/config/paths.ts'
import { loadServiceConfig, logFormatOf } from '../../src/config/service-file.ts'
import { InputError } from '../../src/errors.ts'
import { Folder } from '../support/cli.ts'
import { settingsOf } from '../support/settings.ts'

describe('the file of a configuration', () => {
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  /** Each fault as `path: found, expected`. */
  const faultsOf = (text: string, env: NodeJS.ProcessEnv = {}): string[] => {
    try {
      loadServiceConfig({ file: folder.file('c.yaml', text), env, overrides: {} })
    } catch (error) {
      const { faults } = error as InputError
      return faults.map(({ path, found, expected }) => `${path}: ${found}, ${expected}`)
    }
    return []
  }

  it('suggests settings that were probably meant, at every level', () => {
    const text = `dailyLoss: 100
htp: { port: 1 }
broker: { kind: http, url: 'https://a', token: sixteen-letters, tokenFle: x }
store: { kind: redis, redis: { url: 'redis://a', commandTimeout: 5 } }
instruments: { ACME: { ticksize: 1 } }
portfolio: { limits: [{ name: a, maxLos: 5, maxLoss: 5 }] }
`
    expect(faultsOf(text)).to.have.members([
      'dailyLoss: an unknown setting, another name: did you mean portfolio.limits?',
      'htp: an unknown setting, another name: did you mean http?',
      'broker.tokenFle: an unknown setting, another name: did you mean tokenFile?',
      'instruments.ACME.ticksize: an unknown setting, another name: did you mean tickSize?',
      'portfolio.limits[0].maxLos: an unknown setting, another name: did you mean maxLoss?',
      'store.redis.commandTimeout: an unknown setting, another name: did you mean commandTimeoutMs?',
    ])
  })

  it('suggests no setting of another kind, and never the one that was found', () => {
    const broker = 'kind: okx, environment: demo, keyFile: k'
    expect(faultsOf(`broker: { ${broker}, capabilities: {} }\n`)).to.deep.equal([
      'broker.capabilities: an unknown setting, a setting of docs/configuration-reference.md',
    ])
    expect(faultsOf(`broker: { ${broker}, recvWindow: 5 }\n`)).to.deep.equal([
      'broker.recvWindow: an unknown setting, another name: did you mean recvWindowMs?',
    ])
  })

  it('names words that were probably meant, where a setting has one of several', () => {
    const text = `mode: observed
log: { format: jsn, level: warning }
feed: { kind: pol }
broker: { kind: binanc }
instruments: { ACME: { contract: Invers, hours: { timezone: UTC, open: '09:00', close: '10:00', days: [monday] } } }
`
    const guesses = faultsOf(text).map(each =>
      /^([^:]+):.*did you mean (.*)\?$/.exec(each)?.slice(1),
    )
    expect(guesses).to.have.deep.members([
      ['mode', 'observe'],
      ['log.format', 'json'],
      ['log.level', 'warn'],
      ['feed.kind', 'poll'],
      ['broker.kind', 'binance'],
      ['instruments.ACME.contract', 'inverse'],
      ['instruments.ACME.hours.days', 'mon'],
    ])
  })

  it('attributes a faulty option to the command line, and not to the file', () => {
    const file = folder.file('c.yaml', 'http: { port: 8080 }')
    const overrides = { 'http.port': 70_000, 'display.timezone': 'EST' }
    let faults: InputError['faults'] = []
    try {
      loadServiceConfig({ file, env: { WATCHKEEPER_HTTP_PORT: '1' }, overrides })
    } catch (error) {
      faults = (error as InputError).faults
    }
    expect(faults.map(({ found, line }) => [found, line])).to.have.deep.members([
      ['70000 in --port', undefined],
      ['"EST" in --zone', undefined],
    ])
  })

  it('explains a tab in the indentation, and an empty value', () => {
    expect(faultsOf('http:\n\tport: 1\n').join()).to.include('a tab in the indentation')
    expect(faultsOf('http:\n').join()).to.equal('http: an empty value, a map')
  })

  it('is reported in the words of users', () => {
    const text = `http: { port: 99999 }
broker: { kind: htp }
store: { kind: redis, redis: { url: 'redis://a' }, exclusive: leese, leaseMs: 1 }
strict: 1
log: { level: loud }
mode: { a: 1 }
cycleMs: 0.5
exits: { styl: 1 }
health: [1]
`
    expect(faultsOf(text)).to.have.members([
      'http.port: 99999, a number of at most 65535',
      'broker.kind: "htp", one of "paper", "http", "binance", "bybit", "okx", "plugin": did you mean http?',
      'store.exclusive: "leese", one of "solo", "lease": did you mean lease?',
      'store.leaseMs: 1, a number of at least 500',
      'strict: 1, true or false',
      'log.level: "loud", one of "error", "warn", "info", "debug"',
      'mode: a map, one of "guard", "observe"',
      'cycleMs: 0.5, a whole number',
      'exits.styl: an unknown setting, another name: did you mean style?',
      'health: a list, a map',
    ])
  })

  it('says how a number is written, and which of two bounds it has to keep', () => {
    const text = `http: { port: "8080" }
health: { staleMs: 30s, graceMs: 30,000 }
portfolio: { limits: [{ name: day, maxLoss: "1,500" }] }
cycleMs: 0
dataFolder: ""
accounts: { Desk: { broker: { kind: paper } } }
notify: { colour: red }
`
    expect(faultsOf(text)).to.have.members([
      'http.port: "8080", a number, without quotes',
      'health.staleMs: "30s", a number, without a unit: milliseconds',
      'health.000: the field 000, a number without separators: 30000, not 30,000',
      'portfolio.limits[0].maxLoss: "1,500", a number, without separators',
      'cycleMs: 0, a number of at least 50',
      'dataFolder: "", at least one character',
      'accounts.Desk: the name "Desk", at most 40 of a-z, 0-9 and -, the first of them a letter',
      'notify.colour: an unknown setting, one of service, settleMs, maxSettleMs, maxPerHour, maxPending, approachPct, summaryAt, channels, heartbeat',
    ])
  })

  it('names the variable that a wrong value comes from, in place of a line', () => {
    const env = { WATCHKEEPER_HTTP_PORT: 'x', WATCHKEEPER_COLOUR: 'red' }
    expect(faultsOf('positions: p.yaml\n', env)).to.have.members([
      'http.port: "x" in WATCHKEEPER_HTTP_PORT, a number',
      'colour: an unknown setting in WATCHKEEPER_COLOUR, a setting of docs/configuration-reference.md',
    ])
  })

  it('names no line where there is no file, and says that a variable is empty', () => {
    const overrides = { 'broker.kind': 'bybit', 'broker.environment': 'demo' }
    const env = { WATCHKEEPER_BROKER_KEY: '' }
    expect(() => loadServiceConfig({ file: undefined, env, overrides }))
      .to.throw(InputError)
      .and.satisfy(({ message }: InputError) => {
        expect(message).to.include('broker.keyFile: found nothing').and.not.include('line 1')
        expect(message).to.include('broker.key: found an empty value in WATCHKEEPER_BROKER_KEY')
        return true
      })
  })

  it('refuses a key of a venue in the file, and shows nothing of it', () => {
    const text = `broker: { kind: binance, environment: live, key: abc, secret: def, passphrase: 7 }
feed: { kind: poll }
`
    const faults = faultsOf(text)
    expect(faults).to.include(
      'broker.key: it in a file, WATCHKEEPER_BROKER_KEY in the environment, or broker.keyFile',
    )
    expect(faults.filter(fault => /in a file/.test(fault))).to.have.length(3)
    expect(faults.join()).to.not.match(/abc|def/)
  })

  it('refuses each secret of each kind of channel in the file', () => {
    const secrets = settingsOf()
      .settings.filter(({ id }) => id.startsWith('notify.channels[]{'))
      .filter(({ description }) => description?.includes('a secret, never in the file'))
    expect(secrets).to.have.length.above(5)
    for (const { kind, path } of secrets) {
      const name = path.split('.').at(-1)!
      const channel = `{ kind: ${kind}, ${name}: 'https://secret.example/hook' }`
      const faults = faultsOf(`notify: { channels: [${channel}] }\n`)
      expect(faults.join(), `${kind} ${name}`).to.include(`${name}: it in a file, ${name}File with`)
      expect(faults.join()).to.not.include('secret.example')
    }
  })

  it('reads the key of a venue from the environment as text, also where it resembles a number', () => {
    const env = { WATCHKEEPER_BROKER_KEY: '0123', WATCHKEEPER_BROKER_SECRET: '4e5' }
    const file = folder.file('c.yaml', 'broker: { kind: binance, environment: demo }\n')
    const { broker } = loadServiceConfig({ file, env, overrides: {} })
    expect(broker).to.include({ key: '0123', secret: '4e5', url: 'https://demo-fapi.binance.com' })
  })

  it('requires the environment of a venue to be stated, and one place for its key', () => {
    expect(faultsOf('broker: { kind: binance }\n')).to.include(
      'broker.environment: nothing, testnet or demo or live, typed out',
    )
    const both = 'broker: { kind: binance, environment: live, keyFile: key }\n'
    const env = { WATCHKEEPER_BROKER_KEY: 'a', WATCHKEEPER_BROKER_SECRET: 'b' }
    const where =
      'broker.keyFile, or WATCHKEEPER_BROKER_KEY and WATCHKEEPER_BROKER_SECRET in the environment'
    expect(faultsOf(both, env).join()).to.include(where)
    expect(faultsOf('broker: { kind: binance, environment: live }\n').join()).to.include(where)
    const plain = 'broker: { kind: binance, environment: live, url: "http://api.example" }\n'
    expect(faultsOf(plain, env).join()).to.include('an address with https:')
  })

  it('never shows an invalid secret', () => {
    const faults = faultsOf("positions: p.yaml\nhttp: { token: 'too-short' }\n")
    expect(faults).to.deep.equal(['http.token: another value, at least 16 characters'])
  })

  it('ignores the variables that Kubernetes sets', () => {
    const env = {
      WATCHKEEPER_PORT: 'tcp://10.0.0.1:8080',
      WATCHKEEPER_SERVICE_HOST: '10.0.0.1',
      WATCHKEEPER_SERVICE_PORT: '8080',
      WATCHKEEPER_SERVICE_PORT_HTTP: '8080',
      WATCHKEEPER_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      WATCHKEEPER_PORT_8080_TCP_PROTO: 'tcp',
      WATCHKEEPER_PORT_8080_TCP_ADDR: '10.0.0.1',
      WATCHKEEPER_METRICS_PORT: 'tcp://10.0.0.2:9090',
      WATCHKEEPER_HTTP_PORT: '8081',
    }
    expect(loadServiceConfig({ file: undefined, env, overrides: {} }).http.port).to.equal(8081)
  })

  it('blames a variable for a section that only it names, and the file for its own', () => {
    const file = folder.file('c.yaml', 'fed: { kind: poll }\n')
    const env = { WATCHKEEPER_HTP_PORT: '9', WATCHKEEPER_FED_KIND: 'poll' }
    let faults: InputError['faults'] = []
    try {
      loadServiceConfig({ file, env, overrides: {} })
    } catch (error) {
      ;({ faults } = error as InputError)
    }
    expect(faults.map(({ path, line, found }) => [path, line, found])).to.have.deep.members([
      ['fed', 1, 'an unknown setting'],
      ['htp', undefined, 'an unknown setting in WATCHKEEPER_HTP_PORT'],
    ])
  })

  it('has paths relative to a symbolic link that leads to it: what a link leads to may change', () => {
    const file = folder.file('real.yaml', 'dataFolder: data')
    const below = mkdtempSync(join(dirname(file), 'link-'))
    const link = join(below, 'c.yaml')
    symlinkSync(file, link)
    const { dataFolder } = loadServiceConfig({ file: link, env: {}, overrides: {} })
    expect(dataFolder).to.equal(join(below, 'data'))
  })

  it('is not needed: the built-in defaults guard nothing until a position is added', () => {
    const config = loadServiceConfig({ file: undefined, env: {}, overrides: {} })
    expect([config.positions, config.dataFolder]).to.deep.equal([undefined, 'data'])
  })

  it('resolves its paths relative to itself, and those of the environment relative to the working directory', () => {
    const text = `positions: p.yaml
dataFolder: /var/lib/wk
broker: { kind: http, url: 'http://127.0.0.1:9', tokenFile: secrets/token }
store: { kind: redis, exclusive: solo, redis: { url: 'redis://127.0.0.1:9', passwordFile: pw } }
feed: { kind: redis, redis: { url: 'redis://127.0.0.1:9', passwordFile: ../pw, push: none, hash: 't:<instrument>' } }
`
    const file = folder.file('c.yaml', text)
    const at = (path: string): string => join(dirname(file), path)
    const config = loadServiceConfig({ file, env: {}, overrides: {} })
    const { broker, store, feed } = config as unknown as Record<string, Record<string, unknown>>
    expect([config.positions, config.dataFolder]).to.deep.equal([at('p.yaml'), '/var/lib/wk'])
    expect(broker!['tokenFile']).to.equal(at('secrets/token'))
    expect(store!['redis']).to.include({ passwordFile: at('pw') })
    expect(feed!['redis']).to.include({ passwordFile: at('../pw') })
    const env = { WATCHKEEPER_POSITIONS: 'here.yaml' }
    expect(loadServiceConfig({ file, env, overrides: {} }).positions).to.equal('here.yaml')
  })

  it('knows every setting that is a path', () => {
    const src = new URL('../../src/', import.meta.url)
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    const names = files
      .filter(name => /(schema|options)\.ts$/.test(name))
      .flatMap(name => [...readFileSync(new URL(name, src), 'utf8').matchAll(PATH_SETTING)])
      .map(([, name]) => name!)
    const known = new Set(PATHS.map(keys => keys.at(-1)))
    expect([...new Set(names)].filter(name => !known.has(name))).to.deep.equal([])
  })

  it('decides how a fault of its own is written', () => {
    const file = folder.file('c.yaml', 'log: { format: json }\nhttp: 1\n')
    expect(logFormatOf(file, {})).to.equal('json')
    expect(logFormatOf(file, { WATCHKEEPER_LOG_FORMAT: 'text' })).to.equal('text')
    expect(logFormatOf('nowhere.yaml', {})).to.equal('text')
    expect(logFormatOf(undefined, { WATCHKEEPER_LOG_FORMAT: 'json' })).to.equal('json')
  })
})

const PATH_SETTING = /^\s*(\w*(?:File|Folder|positions)): z\b/gm
