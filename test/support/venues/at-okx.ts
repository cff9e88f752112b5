import type { OkxBroker } from '../../../src/brokers/venue/okx/broker.ts'
import { okxBroker, okxSchema } from '../../../src/brokers/venue/okx/options.ts'
import { emulated, type EmulatedVenue } from './at-venue.ts'
import { KEY, OkxEmulator, type OkxEmulation } from './okx.ts'

export interface AtOkx extends EmulatedVenue {
  readonly emulator: OkxEmulator
  /** A broker of the account; the caller closes it. */
  open(but?: Readonly<Record<string, unknown>>): OkxBroker
}

const ACCOUNT = { kind: 'okx', environment: 'demo', ...KEY }

/** The account's state inside the emulator. */
export const capabilitiesAt = (mode: 'one-way' | 'hedge' = 'one-way') =>
  okxSchema.parse({ ...ACCOUNT, positionMode: mode }).capabilities

/** An account at an emulated OKX. */
export async function atOkx(emulation: OkxEmulation = {}): Promise<AtOkx> {
  const { mode = 'one-way' } = emulation
  const emulator = new OkxEmulator(emulation)
  const { dedupe, lookup, reduceOnly, holdings } = capabilitiesAt(mode)
  const capabilities = { dedupe, lookup, reduceOnly, holdings }
  const venue = await emulated(emulator, { capabilities })
  return {
    ...venue,
    emulator,
    open: (but = {}) =>
      okxBroker(okxSchema.parse({ ...ACCOUNT, url: venue.url, positionMode: mode, ...but })),
  }
}
