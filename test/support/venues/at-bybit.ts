import type { BybitBroker } from '../../../src/brokers/venue/bybit/broker.ts'
import { bybitBroker, bybitSchema } from '../../../src/brokers/venue/bybit/options.ts'
import { emulated, type EmulatedVenue } from './at-venue.ts'
import { BybitEmulator, KEY, type BybitEmulation } from './bybit.ts'

export interface AtBybit extends EmulatedVenue {
  readonly emulator: BybitEmulator
  /** A broker of the account; the caller closes it. */
  open(but?: Readonly<Record<string, unknown>>): BybitBroker
}

const ACCOUNT = { kind: 'bybit', environment: 'testnet', ...KEY }

/** The account's state inside the emulator. */
export const capabilitiesAt = (mode: 'one-way' | 'hedge' = 'one-way') =>
  bybitSchema.parse({ ...ACCOUNT, positionMode: mode }).capabilities

/** An account at an emulated Bybit. */
export async function atBybit(emulation: BybitEmulation = {}): Promise<AtBybit> {
  const { mode = 'one-way' } = emulation
  const emulator = new BybitEmulator(emulation)
  const { dedupe, lookup, reduceOnly, holdings } = capabilitiesAt(mode)
  const capabilities = { dedupe, lookup, reduceOnly, holdings }
  const venue = await emulated(emulator, { capabilities })
  return {
    ...venue,
    emulator,
    open: (but = {}) =>
      bybitBroker(bybitSchema.parse({ ...ACCOUNT, url: venue.url, positionMode: mode, ...but })),
  }
}
