/** How many positions `busyPositions` contains. */
export const BUSY = 40

/** A positions file of stops so tight that the simulated feed hits one every few hundred milliseconds. */
export function busyPositions(): string {
  const positions = Array.from({ length: BUSY }, (_, index) => ({
    id: `p${index}`,
    instrument: index % 2 === 0 ? 'BTCUSD' : 'GLOBEX',
    side: index % 4 < 2 ? 'long' : 'short',
    quantity: 1,
    entryPrice: index % 2 === 0 ? 92_400 : 47.8,
    rules: { trailingStop: { distancePct: Number((0.02 * (1 + index)).toFixed(2)) } },
  }))
  return JSON.stringify({ positions })
}
