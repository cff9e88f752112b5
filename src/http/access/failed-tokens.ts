import { isIPv6 } from 'node:net'

/** Addresses that are remembered; the one whose failure is the oldest makes room. */
const MOST_ADDRESSES = 10_000

export interface FailedTokensOptions {
  readonly max: number
  readonly withinMs: number
  /** Monotonic ms. */
  monotonic?(): number
}

interface Failures {
  count: number
  /** When the window of the count ends, monotonic ms. */
  until: number
}

/** Wrong tokens by address, in a fixed window that begins with the first. */
export class FailedTokens {
  private readonly options: Required<FailedTokensOptions>
  private readonly failures = new Map<string, Failures>()

  constructor(options: FailedTokensOptions) {
    this.options = { monotonic: () => performance.now(), ...options }
  }

  /** For how long an address may send no token any more, ms; 0: it may. */
  refusedForMs(address: string): number {
    const failed = this.failures.get(groupOf(address))
    const leftMs = failed === undefined ? 0 : failed.until - this.options.monotonic()
    return failed !== undefined && failed.count >= this.options.max ? Math.max(0, leftMs) : 0
  }

  /** An address has sent a wrong token. */
  add(address: string): void {
    const { monotonic, withinMs } = this.options
    const group = groupOf(address)
    const now = monotonic()
    const known = this.failures.get(group)
    if (known !== undefined && known.until > now) {
      known.count++
      return
    }
    this.failures.delete(group)
    this.failures.set(group, { count: 1, until: now + withinMs })
    if (this.failures.size <= MOST_ADDRESSES) return
    const [oldest] = this.failures.keys()
    this.failures.delete(oldest!)
  }
}

/** A client has a whole /64 of IPv6 to choose addresses from. */
function groupOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address
  const [head = ''] = address.split('::')
  return head.split(':').slice(0, 4).join(':')
}
