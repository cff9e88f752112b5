import type { HealthSnapshot, HealthStatus } from '../../ports/control/health.ts'
import { RANK, Settling, type Before, type KeptLevels, type SettlingOptions } from './settling.ts'

/** The health check about unreachable channels. */
export const UNDELIVERED = 'notify:undelivered'

/** The accounts that a channel is about, as one text; empty: every account. */
export const scopeOf = (accounts: ReadonlySet<string> | undefined): string =>
  accounts === undefined ? '' : [...accounts].toSorted().join(',')

/** The health of some accounts alone. */
export type HealthOf = (accounts: ReadonlySet<string>) => HealthSnapshot

/** The debounced health of some accounts, or of all, with its reasons. */
export class Scope {
  readonly accounts: ReadonlySet<string> | undefined
  private readonly settling: Settling
  reasons: readonly string[] = []

  constructor(
    options: SettlingOptions,
    past: Before | undefined,
    accounts: ReadonlySet<string> | undefined,
  ) {
    this.settling = new Settling(options, past)
    this.accounts = accounts
  }

  observe(snapshot: HealthSnapshot, now: number): void {
    const { status, output } = withoutNotices(snapshot)
    this.settling.observe(status, now, snapshot.at)
    const { status: settled } = this
    // While the finding is absent for a moment, a settled status keeps its reasons.
    if (RANK[status] >= RANK[settled]) this.reasons = settled === 'pass' ? [] : output
  }

  get isKnown(): boolean {
    return this.settling.isKnown
  }

  get status(): HealthStatus {
    return this.settling.status
  }

  get kept(): KeptLevels {
    return this.settling.kept
  }
}

/**
 * Health without the check on the channels themselves: each channel is sent the problems of the
 * others only.
 */
function withoutNotices({ status, output, checks }: HealthSnapshot): {
  status: HealthStatus
  output: readonly string[]
} {
  const isAway = checks[UNDELIVERED]?.[0]?.status === 'warn'
  if (!isAway) return { status, output }
  const others = Object.entries(checks).filter(([name]) => name !== UNDELIVERED)
  const isFine = others.every(([, all]) => all.every(check => check.status === 'pass'))
  return {
    status: isFine ? 'pass' : status,
    output: output.filter(text => !text.startsWith(UNDELIVERED)),
  }
}
