import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { parse } from 'yaml'

const FOLDER = fileURLToPath(new URL('../../config', import.meta.url))
/** Where Grafana expects its provisioning. */
const PROVISIONING = '/etc/grafana/provisioning'

interface Service {
  readonly volumes?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

const read = (path: string): unknown => parse(readFileSync(path, 'utf8'))

describe('the services of the compose file', () => {
  const { services } = read(`${FOLDER}/compose.yaml`) as { services: Record<string, Service> }

  /** The file of this repository that a service sees as `path`; undefined where it sees none. */
  function seen({ volumes = [] }: Service, path: string): string | undefined {
    const mounts = volumes.map(volume => volume.split(':') as [string, string])
    const mount = mounts.find(([, to]) => path === to || path.startsWith(`${to}/`))
    return mount && join(FOLDER, mount[0], path.slice(mount[1].length))
  }

  it('mount only files that exist', () => {
    for (const [name, { volumes = [] }] of Object.entries(services)) {
      for (const from of volumes.map(volume => volume.split(':')[0]!)) {
        if (from.startsWith('.'))
          expect(existsSync(join(FOLDER, from)), `${name}: ${from}`).to.equal(true)
      }
    }
  })

  it('give Grafana the Prometheus beside it as its data source', () => {
    const file = seen(services['grafana']!, `${PROVISIONING}/datasources/prometheus.yaml`)!
    const { apiVersion, datasources } = read(file) as {
      apiVersion: number
      datasources: { type: string; url: string; isDefault: boolean }[]
    }
    expect(apiVersion).to.equal(1)
    expect(datasources).to.have.length(1)
    const [{ type, url, isDefault }] = datasources as [(typeof datasources)[0]]
    expect({ type, isDefault }).to.deep.equal({ type: 'prometheus', isDefault: true })
    const { hostname, port } = new URL(url)
    expect(Object.keys(services)).to.include(hostname)
    expect(port).to.equal('9090')
  })

  it('give Grafana every dashboard, and one of them as its home', () => {
    const grafana = services['grafana']!
    const file = seen(grafana, `${PROVISIONING}/dashboards/watchkeeper.yaml`)!
    const { apiVersion, providers } = read(file) as {
      apiVersion: number
      providers: { type: string; options: { path: string } }[]
    }
    expect(apiVersion).to.equal(1)
    const names = providers.flatMap(({ options }) => readdirSync(seen(grafana, options.path)!))
    expect(names).to.include.members(['overview.json', 'gateway.json', 'supervision.json'])
    const home = grafana.environment!['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']!
    expect(existsSync(seen(grafana, home)!)).to.equal(true)
  })
})
