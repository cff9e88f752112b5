import { ACME, Bench } from '../../src/plugins/broker-bench.ts'
import { contractOf } from '../../src/plugins/broker-contract.ts'
import type { BrokerAtVenue } from '../../src/plugins/broker-venue.ts'
import type { Capabilities } from '../../src/ports/broker.ts'

export type { BrokerAtVenue } from '../../src/plugins/broker-venue.ts'

export interface BrokerFamilyMember {
  /** What every broker that `open` gives says of itself. */
  readonly capabilities: Capabilities
  /** Gives an account of its own to each test. */
  open(): Promise<BrokerAtVenue>
}

/** What every broker promises, as far as its capabilities go: the contract that `watchkeeper broker test` runs. */
export function brokerContract({ capabilities, open }: BrokerFamilyMember): void {
  let venue: BrokerAtVenue

  beforeEach(async () => {
    venue = await open()
    await venue.price(ACME, 90)
  })
  afterEach(() => venue.close())

  for (const { name, run } of contractOf(capabilities)) {
    it(name, () => run(new Bench(venue, capabilities)))
  }
}
