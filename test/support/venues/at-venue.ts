import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { VenueBroker } from '../../../src/brokers/venue/account.ts'
import type { HoldingKey } from '../../../src/domain/holding.ts'
import type { BrokerAtVenue } from '../../contracts/broker-contract.ts'
import type { Protocol } from '../broker-server/routes.ts'
import type { Fault, Harm, Route, SettingsChange } from '../broker-server/script.ts'
import { BrokerServer } from '../broker-server/server.ts'

/** An emulated venue with one account, and its address. */
export interface EmulatedVenue {
  readonly server: BrokerServer
  readonly url: string
  /** Applies a fault to the next request of a kind. */
  harm(on: Route, harm: Harm, but?: Omit<Fault, 'on' | 'harm'>): void
  close(): void
}

/** Starts an emulator in this process. */
export async function emulated(
  protocol: Protocol,
  settings: SettingsChange = {},
): Promise<EmulatedVenue> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-venue-'))
  const server = new BrokerServer({ folder, protocol, settings: { token: null, ...settings } })
  await server.listen()
  return {
    server,
    url: `http://127.0.0.1:${server.port}`,
    harm: (on, harm, but = {}) => void server.run({ faults: [{ on, harm, ...but }] }),
    close: () => {
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** An account that the broker contract can work with. */
export function contracted({ server, close }: EmulatedVenue, broker: VenueBroker): BrokerAtVenue {
  const { holdings: model } = broker.capabilities
  return {
    broker,
    deposit: async (instrument, side, quantity) => {
      const isApart = model === 'sides'
      const units = side === 'long' ? quantity : -quantity
      server.venue.hand({ instrument, quantity: units, ...(isApart && { side }) })
      const key: HoldingKey = { instrument, ...(isApart && { side }) }
      return key
    },
    price: async (instrument, price) => server.venue.price(instrument, price),
    fills: async () => server.venue.book.fills,
    close: async () => {
      await broker.close()
      close()
    },
  }
}
