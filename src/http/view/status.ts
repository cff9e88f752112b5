import type { Control } from '../../ports/control.ts'
import type { HealthSnapshot } from '../../ports/control/health.ts'
import type { ViewStatus } from '../../ports/view.ts'

const MOST_REASONS = 20

/** The status of the whole account, derived from health, readiness and the kill switch. */
export function statusOf(control: Control): ViewStatus {
  const { state, since, by, held } = control.killSwitch()
  return {
    ...wordOf(control),
    ...blocked(control),
    killSwitch: {
      state,
      since,
      by: by === null ? null : `${by.who} at ${by.from}`,
      held: held.length,
    },
    version: control.version,
  }
}

function wordOf(control: Control): Pick<ViewStatus, 'word' | 'why' | 'since'> {
  const readiness = control.readiness()
  if (!readiness.ready) {
    return { word: 'not guarded', why: [`the service is ${readiness.why}`], since: null }
  }
  const { status, output, since = null } = control.health()
  const ageMs = control.healthAgeMs()
  if (ageMs > control.healthMaxAgeMs) {
    const old = `the last check of the service is ${Math.round(ageMs / 1_000)} s old`
    return { word: 'not guarded', why: [old, ...output], since: null }
  }
  return { word: WORDS[status], why: output.slice(0, MOST_REASONS), since }
}

const WORDS = { pass: 'guarded', warn: 'attention', fail: 'not guarded' } as const

/** States of a breaker in which calls can pass. */
const PASSING = new Set(['closed', 'half-open', 'disabled', 'metrics-only'])

/** Reasons of all accounts, and of those that alone cannot send: a halt of one concerns no position of another. */
function blocked(control: Control): Pick<ViewStatus, 'blockedBy' | 'blockedAccounts'> {
  if (control.accounts === undefined) return { blockedBy: blockedBy(control), blockedAccounts: {} }
  const found = [...control.accounts].map(([name, each]) => [name, blockedBy(each)] as const)
  const [first] = found
  return {
    blockedBy: first?.[1].filter(why => found.every(([, reasons]) => reasons.includes(why))) ?? [],
    blockedAccounts: Object.fromEntries(found.filter(([, reasons]) => reasons.length > 0)),
  }
}

/** Reasons why no exit order could be sent now: each is sufficient. */
function blockedBy(control: Control): string[] {
  const reasons: string[] = []
  const readiness = control.readiness()
  if (!readiness.ready) reasons.push(`the service is ${readiness.why}`)
  if (control.killSwitch().state === 'halt') reasons.push('the kill switch is at halt')
  const { checks } = control.health()
  if (valueOf(checks, 'service:mode') === 'observe') reasons.push('mode: observe sends nothing')
  if (valueOf(checks, 'holdings:unconfirmed') === true) reasons.push('holdings are not confirmed')
  const orders = control.gateway().breakers.find(({ group }) => group === 'orders')
  if (orders !== undefined && !PASSING.has(orders.state)) {
    reasons.push(`the breaker of orders is ${orders.state}`)
  }
  return reasons
}

const valueOf = (checks: HealthSnapshot['checks'], name: string): unknown =>
  checks[name]?.[0]?.observedValue
