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

/** Settings that no part of a service that runs has, each with what uses it instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'portfolio.capital': 'the schema multiplies it: test/config/instrument-schema.test.ts',
  'portfolio.limits[].maxLossPct':
    'the schema multiplies it: test/config/instrument-schema.test.ts',
  'stop.deadlineMs': 'it is read at the end: test/cli/stopping.test.ts',
  'health.exitOverdueMs': 'each cycle reads it: test/app/health.test.ts',
  'health.slowLoopMs': 'each cycle reads it: test/app/health.test.ts',
}

/** Settings that the runs below do not change, each with the test that does. */
const UNCHANGED: Readonly<Record<string, RegExp>> = {
  'the choice of a part: the runs have one of each kind': /\bkind$/,
  'they have one value only': /^supervision\.(?!monitor)\w+\.onGiveUp$/,
  'test/cli/run.test.ts': /^positions$|^http\.port$/,
  'test/cli/check.test.ts': /^acceptUnprovable$|^accounts\.<name>\.acceptUnprovable$/,
  'test/app/plugins.test.ts': /^plugins$|\{plugin\}|^feed\.plugin/,
  'test/config/accounts.test.ts': /^feeds\.<name>$|^accounts\.<name>\.(?:broker|feed)$|\.account$/,
  'test/brokers/venue/key.test.ts': /\.keyFile$/,
  'test/brokers/credentials.test.ts': /\.tokenCommand$/,
  'test/brokers/venue/report.test.ts': /\.report$/,
  'test/redis/options.test.ts, test/app/settings.test.ts': /\bredis\b/,
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

  const file: FileOf = name =>
    name === 'data' ? join(folder.path, name) : folder.file(name, 'a-secret-of-enough-length')

  async function lost(written: object, isFixed: (path: string) => boolean): Promise<string[]> {
    const given = withDefaults(JSON.parse(JSON.stringify(written)) as object)
    const changed = changedSettings(given, isFixed)
    for (const id of changed.flatMap(({ ids }) => ids)) tried.add(id)
    const all = await lostOf(given, changed)
    return all.flatMap(({ path, ids }) => (ids.some(id => id in ELSEWHERE) ? [] : path.join('.')))
  }

  it('change each a part of the service that guards one account', async () => {
    // An account on paper has no limits of calls, holdings that a person confirms, and doubts.
    const fixed = /^http\.port$|^holdings\.(?:adopt|confirm)$|^gateway\.throttle|^acceptUnprovable$/
    expect(await lost(oneAccount(file), path => fixed.test(path))).to.deep.equal([])
  })

  it('change each a part of the service that guards several accounts', async () => {
    const shared = /^(?!accounts|feeds|notify\.channels\.\d+\.accounts)/
    const idle = /^accounts\.public\.gateway\.throttle|\.holdings\.adoptAfterMs$/
    const named = /^accounts\.file\.broker\.capabilities\.limits\./
    const isFixed = (path: string) => [shared, idle, named].some(each => each.test(path))
    expect(await lost(severalAccounts(file), isFixed)).to.deep.equal([])
  })

  it('are each changed above, or named with the test that changes it', () => {
    const left = settingsOf().settings.filter(
      ({ id }) => !tried.has(id) && !Object.values(UNCHANGED).some(each => each.test(id)),
    )
    expect(left.map(({ id }) => id)).to.deep.equal([])
  })
})
