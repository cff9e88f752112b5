import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { unknownIn } from '../support/metric-names.ts'
import { metricsPage } from '../support/metrics-doc.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface Dashboard {
  readonly uid: string
  readonly panels: readonly {
    readonly datasource: { readonly uid: string }
    readonly targets: readonly { readonly expr: string }[]
  }[]
}

describe('the readers of the metrics', () => {
  const folder = `${ROOT}/config/grafana`
  const boards = readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .map(name => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Dashboard)

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
        expect(unknownIn(expr), `${uid}: ${expr}`).to.deep.equal([])
      }
    }
  })

  it('finds queries in the documentation that can be answered', () => {
    for (const page of ['observability', 'operations', 'health', 'runbook', 'redis']) {
      const text = readFileSync(`${ROOT}/docs/${page}.md`, 'utf8')
      const queries = [...text.matchAll(/`([^`\n]*watchkeeper_\w+[^`\n]*)`/g)].map(
        ([, query]) => query!,
      )
      for (const query of queries) expect(unknownIn(query), `${page}: ${query}`).to.deep.equal([])
    }
  })

  it('detect a query for something that does not exist', () => {
    expect(unknownIn('rate(watchkeeper_nothing_total[5m])')).to.have.length(1)
    expect(unknownIn('watchkeeper_ticks_total{shape="round"}')).to.have.length(1)
    expect(unknownIn('sum by (shape) (watchkeeper_ticks_total)')).to.have.length(1)
    expect(unknownIn('watchkeeper_cycle_seconds')).to.have.length(1)
    expect(unknownIn('sum by (result) (watchkeeper_ticks_total{instance=~"a"})')).to.have.length(0)
  })

  it('provide the dashboards with a data source of their own', () => {
    for (const { panels } of boards) {
      for (const { datasource } of panels) expect(datasource.uid).to.equal('${datasource}')
    }
  })
})
