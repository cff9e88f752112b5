import { setTimeout as sleep } from 'node:timers/promises'
import { builtPage } from '../support/built-page.ts'
import { Folder } from '../support/cli.ts'
import { RunningService } from '../support/kill.ts'

/** Time for a service to come to rest after its start, ms. */
export const SETTLE_MS = 3_000

/** Prices of the simulated feed: far from every stop, so that nothing exits meanwhile. */
const INSTRUMENTS = { NIFTY: 24_550, BTCUSD: 92_400, EURUSD: 1.062, GOLD: 2_632, WTI: 70 } as const

/** Runs a service that guards so many positions while `act` measures it at its port. */
export async function withPositions<Result>(
  count: number,
  act: (port: number) => Promise<Result>,
): Promise<Result> {
  builtPage()
  const folder = new Folder()
  const file = folder.file('positions.yaml', positionsFile(count))
  const data = ['--data', `${folder.path}/data`]
  const service = new RunningService(['--positions', file, ...data, '--port', '0'])
  try {
    const port = await service.port()
    await sleep(SETTLE_MS)
    return await act(port)
  } finally {
    await service.end('SIGTERM')
    folder.remove()
  }
}

function positionsFile(count: number): string {
  const entries = Object.entries(INSTRUMENTS)
  const lines = Array.from({ length: count }, (_, index) => {
    const [instrument, entryPrice] = entries[index % entries.length]!
    const side = index % 3 === 0 ? 'short' : 'long'
    return `  - { id: p-${index}, instrument: ${instrument}, side: ${side}, quantity: 1, entryPrice: ${entryPrice} }`
  })
  const rules = 'stopLoss: { pct: 40 }, trailingStop: { distancePct: 30 }'
  return `rules: { default: { ${rules} } }\npositions:\n${lines.join('\n')}\n`
}
