import type { Capabilities } from '../ports/broker.ts'
import type { Bench } from './broker-bench.ts'

/** One promise of a broker, as far as its capabilities go. */
export interface ContractCase {
  readonly name: string
  /** Default: each broker promises it. */
  readonly when?: (capabilities: Capabilities) => boolean
  /** Runs in an account of its own, where ACME is at 90. Throws where the promise is broken. */
  run(bench: Bench): Promise<void>
}
