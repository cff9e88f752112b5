import { tableLines } from '../../src/cli/output.ts'

/** One measured figure. `ratio` is value ÷ baseline, for `per second` and for `bytes` alike. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The same work done the plain way, in the same unit; null where there is none. */
  readonly baseline: number | null
  readonly ratio: number | null
}

/** Results that are read side by side. */
export interface Table {
  readonly head: readonly string[]
  /** Cells in the order of the head. */
  readonly rows: readonly (readonly string[])[]
  /** What all of it comes to, for a person. */
  readonly notes?: readonly string[]
}

/** A figure against its baseline, both in `unit`. */
export function figure(name: string, unit: string, value: number, baseline?: number): Figure {
  return {
    name,
    value,
    unit,
    baseline: baseline ?? null,
    ratio: baseline === undefined ? null : value / baseline,
  }
}

/** The middle of the values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

/** The value that a share of the values (0 to 1) does not exceed; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

/** Runs the contenders in turns, `rounds` times each, and gives the median of each. */
export async function interleaved<Name extends string>(
  rounds: number,
  contenders: Record<Name, () => number | Promise<number>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[]
  const values = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<
    Name,
    number[]
  >
  for (const name of names) await contenders[name]()
  for (let round = 0; round < rounds; round++) {
    for (const name of names) values[name].push(await contenders[name]())
  }
  return Object.fromEntries(names.map(name => [name, median(values[name])])) as Record<Name, number>
}

/** Count per second of `work`, which says how often it did its thing. */
export async function perSecond(work: () => number | Promise<number>): Promise<number> {
  const start = process.hrtime.bigint()
  const count = await work()
  return count / (Number(process.hrtime.bigint() - start) / 1e9)
}

/** Prints results for a person, or as one JSON object a line. */
export function print(results: readonly Figure[] | Table, asJson: boolean): void {
  if ('rows' in results) printTable(results, asJson)
  else printFigures(results, asJson)
}

function printTable({ head, rows, notes = [] }: Table, asJson: boolean): void {
  const lines = asJson
    ? rows.map(row => JSON.stringify(Object.fromEntries(row.map((cell, at) => [head[at], cell]))))
    : [...tableLines([head, ...rows], new Set(head.map((_, column) => column).slice(2))), ...notes]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function printFigures(figures: readonly Figure[], asJson: boolean): void {
  if (asJson) {
    for (const each of figures) process.stdout.write(`${JSON.stringify(each)}\n`)
    return
  }
  for (const { name, value, unit, baseline, ratio } of figures) {
    const against =
      baseline === null ? '' : `  baseline ${number(baseline)}  ratio ${ratio!.toFixed(2)}`
    process.stdout.write(`${name.padEnd(64)} ${number(value).padStart(14)} ${unit}${against}\n`)
  }
}

const number = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 1 ? 5 : value < 100 ? 2 : 0 })
