import type { SceneAccount } from '../../attacks/scene.ts'
import { KEY as BINANCE_KEY, BinanceEmulator, type BinanceEmulation } from './binance.ts'
import { KEY as BYBIT_KEY, BybitEmulator, type BybitEmulation } from './bybit.ts'
import { KEY as OKX_KEY, OkxEmulator, type OkxEmulation } from './okx.ts'

/** The service's account at an emulated Binance, its key in the environment. */
export const binanceAccount = (emulation: BinanceEmulation = {}): SceneAccount => ({
  protocol: new BinanceEmulator(emulation),
  broker: { kind: 'binance', environment: 'testnet', positionMode: emulation.mode ?? 'one-way' },
  env: {
    WATCHKEEPER_BROKER_KEY: BINANCE_KEY.key,
    WATCHKEEPER_BROKER_SECRET: BINANCE_KEY.secret,
  },
})

/** The service's account at an emulated Bybit, its key in the environment. */
export const bybitAccount = (emulation: BybitEmulation = {}): SceneAccount => ({
  protocol: new BybitEmulator(emulation),
  broker: { kind: 'bybit', environment: 'testnet', positionMode: emulation.mode ?? 'one-way' },
  env: {
    WATCHKEEPER_BROKER_KEY: BYBIT_KEY.key,
    WATCHKEEPER_BROKER_SECRET: BYBIT_KEY.secret,
  },
})

/** The service's account at an emulated OKX, its key in the environment. */
export const okxAccount = (emulation: OkxEmulation = {}): SceneAccount => ({
  protocol: new OkxEmulator(emulation),
  broker: { kind: 'okx', environment: 'demo', positionMode: emulation.mode ?? 'one-way' },
  env: {
    WATCHKEEPER_BROKER_KEY: OKX_KEY.key,
    WATCHKEEPER_BROKER_SECRET: OKX_KEY.secret,
    WATCHKEEPER_BROKER_PASSPHRASE: OKX_KEY.passphrase,
  },
})
