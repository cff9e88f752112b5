import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import type { Row } from '../live/store.ts'
import { revision, store } from '../state.ts'
import { clockText, priceText } from '../text.ts'

/** Most points of the levels; there are no more of them than prices. */
interface Levels {
  readonly at: number[]
  readonly stop: (number | null)[]
  readonly best: number[]
}

const HEIGHT = 280

/** Price, best, stop, entry and target over time. */
export function Chart({ row }: { readonly row: Row }) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const levels = useRef<Levels>({ at: [], stop: [], best: [] })
  const turn = revision.value
  useEffect(() => {
    const element = box.current!
    const made = new uPlot(
      optionsOf(element.clientWidth, row),
      dataOf(row, levels.current),
      element,
    )
    plot.current = made
    const resize = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: HEIGHT }),
    )
    resize.observe(element)
    // The colours were read for one colour scheme: draw again when it changes.
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const redraw = (): void => made.redraw()
    scheme.addEventListener('change', redraw)
    return () => {
      scheme.removeEventListener('change', redraw)
      resize.disconnect()
      made.destroy()
    }
  }, [row.row])
  useEffect(() => plot.current?.setData(dataOf(row, levels.current)), [turn])
  return (
    <div
      class="chart"
      ref={box}
      role="img"
      aria-label={`Chart of ${row.id}: price, best, stop, entry and target`}
    />
  )
}

/** Columns for the chart: each level applies until the next one. */
function dataOf(row: Row, levels: Levels): uPlot.AlignedData {
  const track = store.history.of(row.series)
  if (track === undefined) return [[], [], [], [], [], []]
  const last = track.at.at(-1)!
  const [, , best, stop, target] = row.levels
  if (levels.stop.at(-1) !== stop || levels.best.at(-1) !== best) {
    levels.at.push(last)
    levels.stop.push(stop)
    levels.best.push(best)
    if (levels.at.length > 2_000) for (const each of Object.values(levels)) each.splice(0, 1_000)
  }
  let index = 0
  const places = track.at.map(at => {
    while (index + 1 < levels.at.length && levels.at[index + 1]! <= at) index++
    return index
  })
  return [
    track.at.map(at => at / 1_000),
    track.price,
    places.map(place => levels.stop[place] ?? null),
    places.map(place => levels.best[place] ?? null),
    track.at.map(() => row.entryPrice),
    track.at.map(() => target),
  ]
}

const colour = (name: string) => (): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--chart-${name}`)

function optionsOf(width: number, row: Row): uPlot.Options {
  const { tickSize } = store.series[row.series]!
  const value = (_: uPlot, price: number | null): string =>
    price === null ? '–' : priceText(price, tickSize)
  const stepped = uPlot.paths.stepped!({ align: 1 })
  const axis = {
    stroke: colour('ink'),
    grid: { stroke: colour('grid'), width: 1 },
    ticks: { stroke: colour('grid'), width: 1 },
    font: '12px system-ui',
  }
  return {
    width,
    height: HEIGHT,
    scales: { y: { range: (_, low, high) => around(low, high) } },
    legend: { live: false },
    axes: [
      { ...axis, incrs: TIME_STEPS, values: (_, ticks) => ticks.map(clockText) },
      { ...axis, size: 76, values: (_, ticks) => ticks.map(each => priceText(each, tickSize)) },
    ],
    series: [
      { label: 'time' },
      { label: 'price', stroke: colour('price'), width: 2, value, points: { show: false } },
      { label: 'stop', stroke: colour('bad'), width: 1.5, value, paths: stepped },
      { label: 'best', stroke: colour('quiet'), width: 1, dash: [2, 3], value, paths: stepped },
      { label: 'entry', stroke: colour('quiet'), width: 1, dash: [8, 4], value },
      { label: 'target', stroke: colour('good'), width: 1.5, value },
    ].map(each => ({ ...each, points: { show: false } })),
  }
}

/** Steps of the axis of time, s: its labels have whole seconds. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400]

/** Adds a margin above and below; also where all prices are equal. */
function around(low: number, high: number): [number, number] {
  const room = (high - low) * 0.06 || Math.abs(high) * 0.001 || 1
  return [low - room, high + room]
}
