import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { loadServiceConfig } from '../../src/config/service-file.ts'

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: Record<string, never> & {
    readonly replicas?: number
    readonly selector?: unknown
    readonly maxUnavailable?: number
    readonly unhealthyPodEvictionPolicy?: string
    readonly template?: { readonly metadata: { labels: object }; readonly spec: Pod }
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[]
  }
}

interface Pod {
  readonly terminationGracePeriodSeconds: number
  readonly containers: readonly Container[]
  readonly volumes: readonly { readonly name: string }[]
}

interface Container {
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
  readonly securityContext: object
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

/** Kinds that the manifests use, with the versions that clusters have of them. */
const VERSIONS: Readonly<Record<string, string>> = {
  Service: 'v1',
  StatefulSet: 'apps/v1',
  Deployment: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
}

function manifests(name: string): readonly Manifest[] {
  const text = readFileSync(
    new URL(`../../config/kubernetes/${name}.yaml`, import.meta.url),
    'utf8',
  )
  return parseAllDocuments(text).map(document => {
    expect(document.errors).to.deep.equal([])
    return document.toJS() as Manifest
  })
}

for (const name of ['one', 'two']) {
  describe(`config/kubernetes/${name}.yaml`, () => {
    const all = manifests(name)
    const work = all.find(({ spec }) => spec.template !== undefined)!
    const pod = work.spec.template!.spec
    const container = pod.containers[0]!

    it('has kinds of versions that clusters have, each with a name', () => {
      for (const { apiVersion, kind, metadata } of all) {
        expect(apiVersion, kind).to.equal(VERSIONS[kind])
        expect(metadata.name).to.equal('watchkeeper')
      }
    })

    it('selects the pods that it makes, in each of its parts', () => {
      const { labels } = work.spec.template!.metadata
      for (const { kind, spec } of all) {
        const selected =
          kind === 'Service'
            ? spec.selector
            : (spec.selector as { matchLabels: object }).matchLabels
        expect(selected, kind).to.deep.equal(labels)
      }
    })

    it('mounts volumes that there are, and nothing else is writable', () => {
      const claimed = work.spec.volumeClaimTemplates?.map(each => each.metadata.name) ?? []
      const volumes = [...pod.volumes.map(each => each.name), ...claimed]
      for (const mount of container.volumeMounts) expect(volumes).to.include(mount.name)
      expect(container.securityContext).to.include({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      })
    })

    it('asks for liveness and readiness where the service answers, and never for its health', () => {
      expect(container.ports[0]).to.deep.equal({ name: 'http', containerPort: 8080 })
      expect(container.livenessProbe.httpGet).to.deep.equal({ path: '/livez', port: 'http' })
      expect(container.readinessProbe.httpGet).to.deep.equal({ path: '/readyz', port: 'http' })
    })

    it('gives an end longer than the service needs for it', () => {
      const { stop } = loadServiceConfig({ file: undefined, env: {}, overrides: {} })
      expect(pod.terminationGracePeriodSeconds * 1_000).to.be.above(stop.deadlineMs)
    })

    it('sets variables that the configuration knows, beside those that Kubernetes sets', () => {
      const env = Object.fromEntries(container.env.map(each => [each.name, 'sixteen-characters']))
      const set = {
        WATCHKEEPER_SERVICE_HOST: '10.0.0.1',
        WATCHKEEPER_SERVICE_PORT: '8080',
        WATCHKEEPER_SERVICE_PORT_HTTP: '8080',
        WATCHKEEPER_PORT: 'tcp://10.0.0.1:8080',
        WATCHKEEPER_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
        WATCHKEEPER_PORT_8080_TCP_ADDR: '10.0.0.1',
      }
      const settings =
        name === 'one'
          ? {}
          : { store: { kind: 'redis', redis: { url: 'redis://redis:6379' }, exclusive: 'lease' } }
      const read = () =>
        loadServiceConfig({ file: undefined, settings, env: { ...env, ...set }, overrides: {} })
      expect(read).to.not.throw()
    })
  })
}

describe('the manifests for Kubernetes', () => {
  const partOf = (name: string, kind: string) => manifests(name).find(each => each.kind === kind)!

  it('run one process on a volume, or two where one stands by', () => {
    const one = partOf('one', 'StatefulSet')
    expect(one.spec.replicas).to.equal(1)
    expect(one.spec.template!.spec.containers[0]!.args).to.not.include('--standby')
    const two = partOf('two', 'Deployment')
    expect(two.spec.replicas).to.equal(2)
    expect(two.spec.template!.spec.containers[0]!.args).to.include('--standby')
  })

  it('let no drain end the process that guards', () => {
    expect(partOf('one', 'PodDisruptionBudget').spec.maxUnavailable).to.equal(0)
    // With one of two pods ready and one unavailable already, the ready one may not be evicted.
    expect(partOf('two', 'PodDisruptionBudget').spec).to.include({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    })
  })
})
