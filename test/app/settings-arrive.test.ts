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
import { oneAccount, severalAccounts, type FileOf } from '../support/written-settings.ts'

/** Settings that the runs do not change, each with the test that does: no part of a service that runs has them by itself. */
const ELSEWHERE: Readonly<Record<string, RegExp>> = {
  'the choice of a part: the runs have one of each kind': /\bkind$/,
  'they have one value only': /^supervision\.(?!monitor)\w+\.onGiveUp$/,
  'test/app/data-folder.test.ts': /^feed\.acceptSimulated$/,
  'test/app/health.test.ts': /^health\.(?:exitOverdueMs|slowLoopMs)$/,
  'test/app/orders-of-a-venue.test.ts': /^feed\.pollMs$/,
  'test/app/plugins.test.ts': /^plugins$|\{plugin\}|^feed\.plugin/,
  'test/app/venue-start.test.ts': /\.acceptWithdrawals$/,
  'test/brokers/credentials.test.ts': /\.tokenCommand$/,
  'test/brokers/http/options.test.ts': /\.plainHttp$/,
  'test/brokers/venue/key.test.ts': /^broker\{\w+\}\.(?:key|keyFile|secret|passphrase)$/,
  'test/brokers/venue/stream/account.test.ts': /\.orderStream$/,
  'test/brokers/venue/report.test.ts': /\.report$/,
  'test/cli/check.test.ts': /\bacceptUnprovable$/,
  'test/cli/run.test.ts': /^positions$|^http\.port$/,
  'test/cli/stopping.test.ts': /^stop\.deadlineMs$/,
  'test/config/accounts.test.ts': /^feeds\.<name>$|^accounts\.<name>\.(?:broker|feed)$|\.account$/,
  'test/config/instrument-schema.test.ts': /^portfolio\.(?:capital|limits\[\]\.maxLossPct)$/,
  'test/config/service-file.test.ts': /^broker\{(?:binance|bybit)\}\.environment$/,
  'test/redis/options.test.ts, test/app/settings.test.ts': /\bredis\b/,
}

const isElsewhere = (id: string): boolean => Object.values(ELSEWHERE).some(each => each.test(id))

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
    const { broker, accounts, feed, feeds } = config
    const brokers = Object.values(accounts).map(each => each.broker)
    runs.push(arrivedIn(service, [broker, ...brokers, feed, ...Object.values(feeds)]))
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
  const any = new Set(found.map(patternOf))
  // Counts and times that differ by chance are no sign of a choice.
  const others = found.filter(values => values.every(value => typeof value !== 'number'))
  const choice = new Set(others.map(patternOf))
  return changed.filter(({ inRuns, base, other, shows }) => {
    if (shows !== 'spelled') return !(shows === 'any' ? any : choice).has(patternOf(inRuns))
    const wanted = inRuns.map(isChanged => (isChanged ? other : base))
    return !found.some(values => areShown(values, wanted))
  })
}

/** Whether a place has the wanted value in each run in which it is there, and both values in some run. */
function areShown(values: readonly (Value | undefined)[], wanted: readonly Value[]): boolean {
  const shown = wanted.filter((each, run) => isShown(values[run], each))
  const there = values.filter(value => value !== undefined)
  return shown.length === there.length && new Set(shown).size === 2
}

describe('the settings of a configuration', function () {
  this.timeout(300_000)
  let folder: Folder
  /** Ids of the settings that were changed. */
  const tried = new Set<string>()

  before(() => (folder = new Folder()))
  after(() => folder.remove())

  const file: FileOf = name =>
    name === 'data' ? join(folder.path, name) : folder.file(name, 'a-secret-of-enough-length')

  /** Paths of settings that change nothing, but for the `fixed` ones, which stay as they are written. */
  async function lost(written: object, ...fixed: readonly RegExp[]): Promise<string[]> {
    const given = withDefaults(JSON.parse(JSON.stringify(written)) as object)
    const isFixed = (path: string): boolean => fixed.some(each => each.test(path))
    const changed = changedSettings(given, (path, id) => isFixed(path) || isElsewhere(id))
    for (const id of changed.flatMap(({ ids }) => ids)) tried.add(id)
    return (await lostOf(given, changed)).map(({ path }) => path.join('.'))
  }

  it('change each a part of the service that guards one account', async () => {
    // An account on paper has no limits of calls, and no holdings that a person confirms; nothing asks for its prices.
    const fixed =
      /^holdings\.(?:adopt|confirm)$|^gateway\.throttle|^feed\.(?:pollAfterMs|heartbeatMs)$/
    expect(await lost(oneAccount(file), fixed)).to.deep.equal([])
  })

  it('change each a part of the service that guards several accounts', async () => {
    const shared = /^(?!accounts|feeds|notify\.channels\.\d+\.accounts)/
    // Another limit of calls would have the group or the name of its neighbour.
    const fixed = /\.adoptAfterMs$|^accounts\.file\.broker\.capabilities\.limits\./
    expect(await lost(severalAccounts(file), shared, fixed)).to.deep.equal([])
  })

  it('are each changed above, or named with the test that changes it', () => {
    const left = settingsOf().settings.filter(({ id }) => !tried.has(id) && !isElsewhere(id))
    expect(left.map(({ id }) => id)).to.deep.equal([])
  })
})
