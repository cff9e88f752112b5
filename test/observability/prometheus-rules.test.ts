import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { parse } from 'yaml'
import { unknownIn } from '../support/metric-names.ts'

const FOLDER = fileURLToPath(new URL('../../config/prometheus', import.meta.url))
const OPERATIONS = fileURLToPath(new URL('../../docs/operations.md', import.meta.url))

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

/** Runs promtool; its output tells what is wrong. */
function promtool(...args: readonly string[]): string {
  try {
    return execFileSync('promtool', args, { cwd: FOLDER, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & Record<string, string>
    throw new Error(`${message}\n${stdout}${stderr}`, { cause: error })
  }
}

describe('the alerts for Prometheus', () => {
  it('are valid, and fire when they should and only then', () => {
    for (const file of ['prometheus.yml', 'compose.yml']) {
      expect(promtool('check', 'config', file)).to.include('SUCCESS')
    }
    expect(promtool('test', 'rules', 'rules.test.yml')).to.include('SUCCESS')
  }).timeout(30_000)

  it('have a test each that fires and one that does not', () => {
    const tests = readFileSync(`${FOLDER}/rules.test.yml`, 'utf8')
    for (const { alert } of rulesOf()) {
      expect(tests, alert).to.include(`name: ${alert} fires`)
      expect(tests.match(new RegExp(`alertname: ${alert}\\b`, 'g')), alert).to.have.length(2)
    }
  })

  it('ask for metrics that exist', () => {
    for (const { alert, expr } of rulesOf()) {
      expect(unknownIn(expr), `${alert}: ${expr}`).to.deep.equal([])
    }
  })

  it('lead to a heading of the runbook', () => {
    const headings = readFileSync(OPERATIONS, 'utf8')
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
      expect([file, headings.includes(heading!)]).to.deep.equal(['docs/operations.md', true])
    }
  })
})
