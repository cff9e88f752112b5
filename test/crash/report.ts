import type { Result } from './course.ts'
import { COURSES, type Hostility } from './hostility.ts'
import { LABELS, NET_LABELS } from './labels.ts'
import { NET_ACTS } from './net-plan.ts'

const WIDTH = 30

/** A progress bar: runs, kills and violations so far. */
export function bar(results: readonly Result[], count: number): string {
  const done = Math.round((results.length / count) * WIDTH)
  const drawn = `${'█'.repeat(done)}${'░'.repeat(WIDTH - done)}`
  const { kills, violations } = sumOf(results)
  const start = process.stderr.isTTY ? '\r' : ''
  const end = process.stderr.isTTY ? '\u001B[K' : '\n'
  return `${start}[${drawn}] ${results.length}/${count} runs  ${kills} kills  ${violations} violations${end}`
}

/** Kills and their results: a row for each venue, then one for each label. */
export function tableOf(results: readonly Result[]): string {
  const names = [...new Set(results.map(({ plan }) => plan.venue.name))].toSorted()
  const rows = names.map(name =>
    rowOf(
      name,
      results.filter(at => at.plan.venue.name === name),
    ),
  )
  const courses = COURSES.map(course =>
    rowOf(
      course,
      results.filter(({ plan }) => plan.hostility.course === course),
    ),
  )
  const hostile = Object.entries(HOSTILE).map(([name, isSo]) =>
    rowOf(
      name,
      results.filter(({ plan }) => isSo(plan.hostility)),
    ),
  )
  const nets = NET_ACTS.map(act =>
    rowOf(
      `a stop at the venue ${act}`,
      results.filter(({ plan }) => plan.net?.act === act),
    ),
  )
  const labels = [...LABELS, ...NET_LABELS, 'random', 'idle'].map(label => {
    const kills = results.map(result => result.kills.get(label) ?? 0)
    return `${label.padEnd(NAME)}${column(kills.reduce((sum, each) => sum + each, 0))}`
  })
  return [
    `${'venue'.padEnd(NAME)}    runs   kills  orders  oversold    person  violations`,
    ...rows.filter(row => row !== undefined),
    rowOf('all', results),
    '',
    ...[...courses, ...hostile, ...nets].filter(row => row !== undefined),
    '',
    `${'killed at'.padEnd(NAME)}   kills`,
    ...labels,
    '',
  ].join('\n')
}

/** A run that broke a promise, with what a person needs to find the cause. */
export function textOf({ plan, violations, evidence }: Result): string {
  const { seed, venue, ...rest } = plan
  return [
    `seed ${seed}: ${venue.name}`,
    ...violations.map(each => `  ${each}`),
    JSON.stringify(rest),
    evidence,
  ].join('\n')
}

const HOSTILE: Readonly<Record<string, (hostility: Hostility) => boolean>> = {
  'answers have an age': ({ ageMs }) => ageMs > 0,
  'quantities drift': ({ doesDrift }) => doesDrift,
  'commits are slow or refused': ({ commits }) => commits.length > 0,
  'the wall clock is set': ({ clocks }) => clocks.length > 0,
  'less is claimed after the first kill': ({ shrunk }) => shrunk !== null,
}

const NAME = 60
const column = (value: number, width = 8): string => String(value).padStart(width)

function rowOf(name: string, results: readonly Result[]): string | undefined {
  if (results.length === 0) return undefined
  const { kills, orders, oversold, left, violations } = sumOf(results)
  const counts = `${column(results.length)}${column(kills)}${column(orders)}`
  return `${name.padEnd(NAME)}${counts}${column(oversold, 10)}${column(left, 10)}${column(violations, 12)}`
}

function sumOf(results: readonly Result[]) {
  const sum = (of: (result: Result) => number): number =>
    results.reduce((total, each) => total + of(each), 0)
  return {
    kills: sum(({ kills }) => [...kills.values()].reduce((total, each) => total + each, 0)),
    orders: sum(({ orders }) => orders),
    oversold: sum(({ isOversold }) => (isOversold ? 1 : 0)),
    left: sum(({ isLeftToAPerson }) => (isLeftToAPerson ? 1 : 0)),
    violations: sum(({ violations }) => (violations.length > 0 ? 1 : 0)),
  }
}
