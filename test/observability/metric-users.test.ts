import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { metrics } from '../../src/observability/metrics/registry.ts'
import { metricsPage } from '../support/metrics-doc.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface Dashboard {
  readonly uid: string
  readonly panels: readonly {
    readonly datasource: { readonly uid: string }
    readonly targets: readonly { readonly expr: string }[]
  }[]
}

describe('whoever reads the metrics', () => {
  const folder = `${ROOT}/config/grafana`
  const boards = readdirSync(folder).map(
    name => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Dashboard,
  )
  const names = new Set(
    metrics()
      .registry.getMetricsAsArray()
      .map(({ name }) => name),
  )

  it('finds a page that describes each of them', () => {
    const page = readFileSync(`${ROOT}/docs/metrics.md`, 'utf8')
    expect(page, 'node --import tsx test/support/metrics-doc.ts > docs/metrics.md').to.equal(
      metricsPage(),
    )
  })

  it('has dashboards that ask for metrics and labels that exist', () => {
    expect(boards).to.have.length(3)
    for (const { uid, panels } of boards) {
      for (const { expr } of panels.flatMap(({ targets }) => targets)) {
        for (const name of expr.match(/\b(watchkeeper|nodejs|process)_\w+/g) ?? []) {
          expect(names.has(name), `${uid}: ${name}`).to.equal(true)
        }
      }
    }
  })

  it('brings a data source of their own to the dashboards', () => {
    for (const { panels } of boards) {
      for (const { datasource } of panels) expect(datasource.uid).to.equal('${datasource}')
    }
  })
})
