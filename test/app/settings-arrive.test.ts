import { join } from 'node:path'
import { expect } from 'chai'
import { arrivedIn, type Value } from '../support/arrived.ts'
import {
  changedSettings,
  configOf,
  givenIn,
  RUNS,
  withDefaults,
  type Changed,
} from '../support/changed-settings.ts'
import { Folder } from '../support/cli.ts'
import { settingsOf } from '../support/settings.ts'
import { startService } from '../support/start-service.ts'

/** Settings that no part of a service that runs has, each with what uses it instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'portfolio.capital': 'the schema multiplies it: test/config/instrument-schema.test.ts',
  'portfolio.limits[].maxLossPct':
    'the schema multiplies it: test/config/instrument-schema.test.ts',
  acceptUnprovable: 'the start reads it, and keeps nothing: test/cli/check.test.ts',
  'holdings.confirm': 'nothing is confirmed on paper: test/app/orders-of-a-venue.test.ts',
  'stop.deadlineMs': 'it is read at the end: test/cli/stopping.test.ts',
  'health.exitOverdueMs': 'each cycle reads it: test/app/health.test.ts',
  'health.slowLoopMs': 'each cycle reads it: test/app/health.test.ts',
}

/** Settings that the runs below do not change, each with the test that does. */
const UNCHANGED: Readonly<Record<string, RegExp>> = {
  'the choice of a part': /\bkind$/,
  'they have one value only': /^supervision\.(?!monitor)\w+\.onGiveUp$/,
  'test/cli/run.test.ts': /^positions$|^http\.port$/,
  'test/cli/check.test.ts': /^acceptUnprovable$/,
  'test/app/plugins.test.ts': /^plugins$|\{plugin\}|^feed\.plugin/,
  'test/config/accounts.test.ts': /^(?:feeds|accounts)\.<name>|\.accounts?$/,
  'test/account/adopter.test.ts': /^holdings\.adopt$/,
  // They belong to another broker than paper, to another window of a breaker, or to another style.
  'test/app/settings.test.ts':
    /\bredis\b|^broker\{(?!paper)|^gateway\.(?:throttle|limits)|window\{(?!consecutive)|style\{market|^feed\.venue/,
}

const url = 'http://127.0.0.1:9/hook'
const SECRET = 'a-secret-of-enough-length'
const span = { open: '09:00', close: '17:00' }
const hours = { timezone: 'UTC', days: ['mon'] }

/** Gives the path of a file with a secret, or of the data folder. */
type File = (name: string) => string

/** The process may stand still while its parts are read. */
const supervision = { exitOnBlockedMs: 600_000 }

/** One account, with everything that is written but for its broker. */
const one = (file: File): object => ({
  dataFolder: file('data'),
  supervision,
  advisors: [
    {
      name: 'one',
      command: ['cat', '-'],
      positions: ['p1'],
      instruments: ['ACME'],
      env: { FACTOR: '3' },
    },
  ],
  http: {
    port: 0,
    token: 'a-token-of-enough-length',
    tokens: [
      { name: 'reader', role: 'read', token: 'another-token-of-enough-length' },
      { name: 'agent', role: 'agent', tokenFile: file('token') },
    ],
    hosts: ['guard.example'],
    hooks: [
      {
        name: 'bot',
        kind: 'freqtrade',
        secretFile: file('secret'),
        rules: 'swing',
        instruments: { 'BTC/USDT': 'BTCUSD' },
        from: ['127.0.0.1'],
        api: { url: 'http://127.0.0.1:9', user: 'trader', passwordFile: file('password') },
      },
    ],
  },
  instruments: {
    'A*': {
      multiplier: 2,
      lot: 0.5,
      minQuantity: 1,
      maxQuantity: 1_000,
      contractSize: 0.5,
      minOrderValue: 5,
      tickSize: 0.01,
      currency: 'USD',
      hours: {
        ...hours,
        ...span,
        holidays: ['2030-01-01'],
        exceptions: { '2030-02-05': span },
      },
    },
    'B*': { hours: { ...hours, sessions: [span] } },
  },
  massExit: { max: 7 },
  feed: { maxJumpPct: 10, maxTickAgeMs: 10_000 },
  portfolio: {
    capital: 1_000,
    limits: [
      { name: 'all', maxLoss: 100, account: 'main', underlying: 'ACME', currency: 'USD' },
      { name: 'part', maxLossPct: 5 },
    ],
  },
  exits: { sendUnverifiedAfterMs: 60_000 },
  holdings: { adopt: 'rules', defaultRules: { stopLoss: { pct: 50 } }, instruments: ['A*'] },
  log: { levels: { supervision: 'warn' } },
  notify: {
    approachPct: 5,
    summaryAt: '17:30',
    channels: CHANNELS.flatMap(({ file: secretFile, ...channel }) => [
      { ...channel, name: channel.kind, events: ['exits'] },
      ...withFile(channel, secretFile, file),
    ]),
    heartbeat: { url },
  },
})

const EMAIL = { kind: 'email', host: '127.0.0.1', port: 9, tls: 'none', user: 'desk' }
const MAIL = { ...EMAIL, sender: 'desk@example.com', to: ['me@example.com'] }

/** A channel of each kind, and which of its settings may be a file instead. */
const CHANNELS = [
  { kind: 'webhook', url, secret: SECRET, headers: { 'x-a': 'b' }, file: 'secret' },
  { kind: 'slack', url, file: 'url' },
  { kind: 'pagerduty', url, routingKey: 'key', file: 'routingKey' },
  { kind: 'telegram', url, token: 'token', chatId: '1', users: [1], chats: [2], file: 'token' },
  { kind: 'discord', url, file: 'url' },
  { ...MAIL, password: 'word', caFile: '/etc/hosts', file: 'password' },
]

function withFile(channel: object, secret: string, file: File): object[] {
  const { [secret]: _given, ...rest } = channel as Record<string, unknown>
  const { kind } = channel as { kind: string }
  return [{ ...rest, [`${secret}File`]: file(`${kind}-${secret}`), events: ['exits'] }]
}

/** How the values of one place differ between runs: equal digits stand for equal values. */
const patternOf = (values: readonly unknown[]): string => {
  const known = [...new Set(values)]
  return values.map(each => known.indexOf(each)).join('')
}

const isShown = (value: Value | undefined, wanted: Value): boolean =>
  typeof wanted === 'number'
    ? value === wanted
    : typeof value === 'string' && value.includes(String(wanted))

/** The log knows all secrets, so as to redact them. */
const LOG = /\.(?:secrets|wanted|spelled)\./

/** What parts of a service had in each run, by place; places that differ without a cause are left out. */
async function valuesOf(
  given: object,
  changed: readonly Changed[],
): Promise<readonly (readonly (Value | undefined)[])[]> {
  const runs: ReadonlyMap<string, Value>[] = []
  // The first settings run twice: what differs between the two has another cause.
  for (const run of [...Array(RUNS).keys(), 0]) {
    const config = configOf(givenIn(run, given, changed))
    const sets = config.http.hooks.map(({ rules }) => [rules, { stopLoss: { pct: 5 } }])
    const ruleSets = new Map(sets as [string, never][])
    const { service } = await startService({}, () => {}, { config, ruleSets })
    runs.push(arrivedIn(service))
    await service.stop()
  }
  const again = runs.pop()!
  return [...new Set(runs.flatMap(run => [...run.keys()]))]
    .filter(place => runs[0]!.get(place) === again.get(place) && !LOG.test(place))
    .map(place => runs.map(run => run.get(place)))
    .filter(values => new Set(values).size > 1)
}

/** The settings that change nothing in any part of a service. */
async function lostOf(given: object, changed: readonly Changed[]): Promise<readonly Changed[]> {
  const found = await valuesOf(given, changed)
  const patterns = new Set(found.map(patternOf))
  return changed.filter(({ inRuns, base, other, isSpelled }) => {
    if (!isSpelled) return !patterns.has(patternOf(inRuns))
    const wanted = inRuns.map(isChanged => (isChanged ? other : base))
    return !found.some(values => values.every((value, run) => isShown(value, wanted[run]!)))
  })
}

describe('the settings of a configuration', function () {
  this.timeout(300_000)
  let folder: Folder
  /** Ids of the settings that were changed. */
  const tried = new Set<string>()

  before(() => (folder = new Folder()))
  after(() => folder.remove())

  const file: File = name => (name === 'data' ? join(folder.path, name) : folder.file(name, SECRET))

  async function lost(written: object, isFixed: (path: string) => boolean): Promise<string[]> {
    const given = withDefaults(JSON.parse(JSON.stringify(written)) as object)
    const changed = changedSettings(given, isFixed)
    for (const id of changed.flatMap(({ ids }) => ids)) tried.add(id)
    const all = await lostOf(given, changed)
    return all.flatMap(({ path, ids }) => (ids.some(id => id in ELSEWHERE) ? [] : path.join('.')))
  }

  it('change each a part of the service that guards an account', async () => {
    // An account on paper has no limits of calls.
    const fixed = /^http\.port$|^holdings\.adopt$|^gateway\.throttle/
    expect(await lost(one(file), path => fixed.test(path))).to.deep.equal([])
  })

  it('are each changed above, or named with the test that changes it', () => {
    const left = settingsOf().settings.filter(
      ({ id }) => !tried.has(id) && !Object.values(UNCHANGED).some(each => each.test(id)),
    )
    expect(left.map(({ id }) => id)).to.deep.equal([])
  })
})
