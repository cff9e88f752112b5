import type { SceneAccount } from '../../attacks/scene.ts'
import { KEY as BINANCE_KEY, BinanceEmulator, type BinanceEmulation } from './binance.ts'

/** The service's account at an emulated Binance, its key in the environment. */
export const binanceAccount = (emulation: BinanceEmulation = {}): SceneAccount => ({
  protocol: new BinanceEmulator(emulation),
  broker: { kind: 'binance', environment: 'testnet', positionMode: emulation.mode ?? 'one-way' },
  env: {
    WATCHKEEPER_BROKER_KEY: BINANCE_KEY.key,
    WATCHKEEPER_BROKER_SECRET: BINANCE_KEY.secret,
  },
})
