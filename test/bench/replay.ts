import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { runReplay } from '../../src/cli/replay-run.ts'
import { calmTicks, realPrints } from './prices.ts'
import { figure, median, type Figure } from './report.ts'

const ROWS = 1_000_000
const POSITIONS = 100

/** A million rows: real prints over and over where they are at hand, else a calm walk. */
function csv(): { text: string; instrument: string; price: number } {
  const prints = realPrints('BTCUSDT-PERP') ?? calmTicks(ROWS, 1)
  const [first] = prints
  const span = prints.at(-1)!.ts - first!.ts + 1
  const lines = ['ts,instrument,price']
  for (let row = 0; row < ROWS; row++) {
    const { ts, instrument, price } = prints[row % prints.length]!
    lines.push(`${ts + Math.floor(row / prints.length) * span},${instrument},${price}`)
  }
  return { text: lines.join('\n'), instrument: first!.instrument, price: first!.price }
}

/** Rows a second of `replay` itself: from the file to the report, with 100 positions. */
export async function replay(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-bench-'))
  try {
    const { text, instrument, price } = csv()
    const rules = { stopLoss: { pct: 0.5 }, trailingStop: { distancePct: 0.4, activateAtPct: 0.2 } }
    const positions = Array.from({ length: POSITIONS }, (_, index) => ({
      id: `p${index}`,
      instrument,
      side: index % 2 === 0 ? 'long' : 'short',
      quantity: 1,
      entryPrice: Number((price * (1 + (index - 50) / 10_000)).toFixed(2)),
      rules,
    }))
    writeFileSync(join(folder, 'ticks.csv'), text)
    writeFileSync(join(folder, 'positions.json'), JSON.stringify({ positions }))
    const rates: number[] = []
    for (let round = 0; round < 5; round++) {
      const start = performance.now()
      await runReplay(
        {
          positions: join(folder, 'positions.json'),
          ticks: [join(folder, 'ticks.csv')],
          strict: false,
          skipBadRows: false,
          tsUnit: 'ms',
        },
        {
          stdin: Readable.from([]),
          loaded: () => undefined,
          line: () => undefined,
          note: () => undefined,
          warn: () => undefined,
          progress: () => undefined,
        },
      )
      rates.push(ROWS / ((performance.now() - start) / 1000))
    }
    return [figure('replay, 100 positions, one file', 'rows/s', median(rates))]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
