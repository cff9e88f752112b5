import type { Table } from '../report.ts'
import { aimd, awsCubic, ownLaw, steadyLaw, stepLaw, type Law } from './laws.ts'
import { measured, type Measured } from './measure.ts'
import { World } from './world.ts'
import { WORLDS } from './worlds.ts'

const SEEDS = 30

/** The laws by name; `limit` is what a venue publishes. */
const LAWS: Readonly<Record<string, (limit: number) => Law>> = {
  seed: () => stepLaw(500),
  'fixed 5/s': () => steadyLaw(200),
  AIMD: aimd,
  'AWS CUBIC': awsCubic,
  ours: () => ownLaw({}),
  'ours, published': limit => ownLaw({ perSecond: limit }),
}

const COLUMNS = [
  ['goodput %', ({ goodputPct }) => goodputPct.toFixed(1)],
  ['refusals', ({ refusals }) => refusals.toFixed(1)],
  ['into outage', ({ intoOutage }) => intoOutage.toFixed(1)],
  ['after cut s', ({ afterCutS }) => secondsOf(afterCutS)],
  ['after outage s', ({ afterOutageS }) => secondsOf(afterOutageS)],
  ['exit p50 s', ({ exitP50S }) => exitP50S.toFixed(2)],
  ['exit p99 s', ({ exitP99S }) => exitP99S.toFixed(2)],
  ['p99 in cut s', ({ cutExitP99S }) => cutExitP99S.toFixed(2)],
  ['p99 back s', ({ backExitP99S }) => backExitP99S.toFixed(2)],
] as const satisfies readonly (readonly [string, (of: Measured) => string])[]

const secondsOf = (value: number): string => (value === Infinity ? 'never' : value.toFixed(1))

/** Every law at every venue with an unpublished limit, 30 seeds each. */
export const throttle = (): Promise<Table> => {
  const rows = Object.entries(WORLDS).flatMap(([world, options]) =>
    Object.entries(LAWS).map(([name, law]) => {
      const runs = Array.from({ length: SEEDS }, (_, seed) => {
        return new World(law(options.limitAt(0)), options, seed).run()
      })
      const all = measured(runs, options)
      return [world, name, ...COLUMNS.map(([, cell]) => cell(all))]
    }),
  )
  return Promise.resolve({ head: ['venue', 'law', ...COLUMNS.map(([title]) => title)], rows })
}
