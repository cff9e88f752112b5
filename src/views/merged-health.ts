import { MOST_DETAILS } from '../observability/checks.ts'
import type { HealthCheck, HealthSnapshot, HealthStatus } from '../ports/control/health.ts'

const SEVERITY: readonly HealthStatus[] = ['pass', 'warn', 'fail']

/** Components whose checks concern the process: they are the same in each account and are shown once. */
const OF_PROCESS = new Set(['service', 'store', 'notify', 'uptime', 'clock', 'redis', 'disk'])

type Named = readonly [account: string, snapshot: HealthSnapshot]

/**
 * The health of several accounts as that of one process: the worst status, each reason with the name of its
 * account, and a check for each account, the worst one first.
 */
export function mergedHealth(all: readonly Named[]): HealthSnapshot {
  const [[, first], ...others] = all as readonly [Named, ...Named[]]
  if (others.length === 0) return first
  const names = new Set(all.flatMap(([, { checks }]) => Object.keys(checks)))
  const checks = Object.fromEntries([...names].map(name => [name, checksOf(name, all)]))
  const bad = (status: HealthStatus): string[] =>
    Object.entries(checks).flatMap(([name, own]) =>
      own.filter(check => check.status === status).map(check => `${name}: ${textOf(check)}`),
    )
  return {
    status: worstOf(all.map(([, { status }]) => status)),
    at: Math.min(...all.map(([, { at }]) => at)),
    since: Math.max(...all.map(([, { since, at }]) => since ?? at)),
    output: [...bad('fail'), ...bad('warn')].slice(0, MOST_DETAILS),
    checks,
  }
}

const textOf = ({ componentId, output, observedValue }: HealthCheck): string =>
  `${componentId === undefined ? '' : `${componentId}: `}${output ?? String(observedValue)}`

function checksOf(name: string, all: readonly Named[]): readonly HealthCheck[] {
  const found = all.flatMap(([componentId, { checks }]) =>
    (checks[name] ?? []).map((check): HealthCheck => ({ ...check, componentId })),
  )
  const sorted = found.toSorted((a, b) => SEVERITY.indexOf(b.status) - SEVERITY.indexOf(a.status))
  if (!OF_PROCESS.has(name.split(':')[0]!) || name === 'service:mode') return sorted
  const { componentId: _any, ...worst } = sorted[0]!
  return [worst]
}

const worstOf = (all: readonly HealthStatus[]): HealthStatus =>
  SEVERITY[Math.max(...all.map(each => SEVERITY.indexOf(each)))]!
