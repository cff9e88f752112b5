import type { BinanceBroker } from '../../../src/brokers/venue/binance/broker.ts'
import { binanceBroker, binanceSchema } from '../../../src/brokers/venue/binance/options.ts'
import { emulated, type EmulatedVenue } from './at-venue.ts'
import { BinanceEmulator, KEY, type BinanceEmulation } from './binance.ts'

export interface AtBinance extends EmulatedVenue {
  readonly emulator: BinanceEmulator
  /** A broker of the account; the caller closes it. */
  open(but?: Readonly<Record<string, unknown>>): BinanceBroker
}

/** The account's state inside the emulator. */
export const capabilitiesAt = (mode: 'one-way' | 'hedge' = 'one-way') =>
  binanceSchema.parse({ kind: 'binance', environment: 'testnet', ...KEY, positionMode: mode })
    .capabilities

/** An account at an emulated Binance. */
export async function atBinance(emulation: BinanceEmulation = {}): Promise<AtBinance> {
  const { mode = 'one-way' } = emulation
  const emulator = new BinanceEmulator(emulation)
  const { dedupe, lookup, reduceOnly, holdings } = capabilitiesAt(mode)
  const capabilities = { dedupe, lookup, reduceOnly, holdings }
  const venue = await emulated(emulator, { capabilities })
  return {
    ...venue,
    emulator,
    open: (but = {}) =>
      binanceBroker(
        binanceSchema.parse({
          kind: 'binance',
          environment: 'testnet',
          ...KEY,
          url: venue.url,
          positionMode: mode,
          ...but,
        }),
      ),
  }
}
