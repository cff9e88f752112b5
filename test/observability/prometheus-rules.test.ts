import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { unknownIn } from '../support/metric-names.ts'
import { needing } from '../support/needing.ts'

const FOLDER = fileURLToPath(new URL('../../config/prometheus', import.meta.url))
const OBSERVABILITY = fileURLToPath(new URL('../../docs/observability.md', import.meta.url))
const RUNBOOK = fileURLToPath(new URL('../../docs/runbook.md', import.meta.url))

interface RuleTest {
  readonly name: string
  readonly input_series: readonly { readonly series: string }[]
  readonly alert_rule_test: readonly {
    readonly alertname: string
    readonly exp_alerts?: readonly { readonly exp_labels: Readonly<Record<string, string>> }[]
  }[]
}

interface InhibitRule {
  readonly source_matchers: readonly string[]
  readonly equal?: readonly string[]
}

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string
      readonly expr: string
      readonly annotations: { readonly runbook_url: string }
    }[]
  }[]
}

const rulesOf = () =>
  (parse(readFileSync(`${FOLDER}/rules.yml`, 'utf8')) as RuleFile).groups.flatMap(
    ({ rules }) => rules,
  )

interface TestFile {
  readonly rule_files: readonly string[]
  readonly tests: readonly RuleTest[]
}

const testFile = () => parse(readFileSync(`${FOLDER}/rules.test.yml`, 'utf8')) as TestFile

const testsOf = () => testFile().tests

/**
 * Writes the test file as several: the tests of one alert beside its rules alone, and those of more alerts beside all.
 * promtool evaluates every rule at every step of every test. Gives the paths.
 */
function dividedTests(folder: string): string[] {
  const { tests, ...settings } = testFile()
  const rules = rulesOf()
  const alertsOf = ({ alert_rule_test }: RuleTest): string =>
    [...new Set(alert_rule_test.map(({ alertname }) => alertname))].join()
  return [...new Set(tests.map(alertsOf))].map((alerts, index) => {
    const own = tests.filter(test => alertsOf(test) === alerts)
    const alone = rules.filter(({ alert }) => alert === alerts)
    const file = join(folder, `${index}.rules.yml`)
    writeFileSync(file, stringify({ groups: [{ name: 'watchkeeper', rules: alone }] }))
    const rule_files =
      alone.length > 0 ? [file] : settings.rule_files.map(each => join(FOLDER, each))
    const path = join(folder, `${index}.test.yml`)
    writeFileSync(path, stringify({ ...settings, rule_files, tests: own }))
    return path
  })
}

/** The series of one instance, without its name. */
const seriesOf = ({ input_series }: RuleTest, instance: string): string[] =>
  input_series
    .filter(({ series }) => series.includes(`instance="${instance}"`))
    .map(({ series }) => series.replace(`instance="${instance}"`, ''))

/** Runs promtool; its output names what is wrong. */
function promtool(...args: readonly string[]): string {
  try {
    return execFileSync('promtool', args, { cwd: FOLDER, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & Record<string, string>
    throw new Error(`${message}\n${stdout}${stderr}`, { cause: error })
  }
}

describe('the alerts for Prometheus', () => {
  needing('promtool').it('are valid, and fire when they should and only then', () => {
    for (const file of ['prometheus.yml', 'compose.yml']) {
      expect(promtool('check', 'config', file)).to.include('SUCCESS')
    }
    const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-rules-'))
    try {
      const files = dividedTests(folder)
      const said = promtool('test', 'rules', ...files)
      expect(said.match(/SUCCESS/g)).to.have.length(files.length)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('have a test each that fires for the faulty instance, beside a healthy one', () => {
    const tests = testsOf()
    for (const { alert } of rulesOf()) {
      const test = tests.find(({ name }) => name === `${alert} fires`)
      expect(test, alert).not.to.equal(undefined)
      expect(seriesOf(test!, 'a'), alert).not.to.deep.equal([])
      expect(seriesOf(test!, 'b'), alert).to.include.members(seriesOf(test!, 'a'))
      const instances = test!.alert_rule_test.flatMap(({ alertname, exp_alerts = [] }) =>
        exp_alerts.map(({ exp_labels }) => [alertname, exp_labels['instance']]),
      )
      expect(instances).to.deep.equal([[alert, 'a']])
    }
  })

  it('have a test each that does not fire', () => {
    const silent = testsOf()
      .flatMap(test => test.alert_rule_test)
      .filter(({ exp_alerts = [] }) => exp_alerts.length === 0)
      .map(({ alertname }) => alertname)
    expect(silent).to.include.members(rulesOf().map(({ alert }) => alert))
  })

  it('are inhibited only by an alert of the same instance', () => {
    const page = readFileSync(OBSERVABILITY, 'utf8')
    const shown = /```yaml\n(# alertmanager.yml[^`]*)```/.exec(page)![1]!
    for (const text of [readFileSync(`${FOLDER}/alertmanager.yml`, 'utf8'), shown]) {
      const { inhibit_rules } = parse(text) as { inhibit_rules: InhibitRule[] }
      expect(inhibit_rules).not.to.deep.equal([])
      for (const { source_matchers, equal } of inhibit_rules) {
        expect(equal, source_matchers.join()).to.deep.equal(['instance'])
      }
    }
  })

  it('ask for metrics that exist', () => {
    for (const { alert, expr } of rulesOf()) {
      expect(unknownIn(expr), `${alert}: ${expr}`).to.deep.equal([])
    }
  })

  it('lead to a heading of the runbook', () => {
    const headings = readFileSync(RUNBOOK, 'utf8')
      .split('\n')
      .filter(line => line.startsWith('#'))
      .map(line =>
        line
          .replace(/^#+ /, '')
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      )
    for (const { annotations } of rulesOf()) {
      const [file, heading] = annotations.runbook_url.split('#')
      expect([file, headings.includes(heading!)]).to.deep.equal(['docs/runbook.md', true])
    }
  })
})
