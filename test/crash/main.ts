import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { theProgram } from '../support/compiled.ts'
import type { Result } from './course.ts'
import { planOf, ROUND, venueOf } from './plan.ts'
import { bar, tableOf, textOf } from './report.ts'
import { run } from './run.ts'
import { emulatedVenues, LATE_MS, realVenuesOf, venuesOf } from './venues.ts'

const REAL = realVenuesOf(LATE_MS).map(({ name }) => name)
const EMULATED = emulatedVenues.map(({ name }) => name)
const NAMES = [...EMULATED, ...REAL, ...venuesOf(LATE_MS).map(({ name }) => name)]

const USAGE = `Usage: npm run test:crash -- [options]

Guards an account at every kind of venue, kills the guard at every step of an exit, and judges
by the broker's ledger alone. Each run is made of a seed; a seed's run can be repeated.

  --runs <n>       runs to make (default: ${ROUND}, every venue with every act)
  --from <seed>    the first seed (default: 0)
  --seed <seed>    the run of one seed only, with everything that it has left behind
  --venue <name>   runs at this venue only; \`real\`: at all of
                   ${REAL.slice(0, 8).join(', ')},
                   ${REAL.slice(8).join(', ')};
                   or, with the adapter of the venue against its emulator:
                   ${EMULATED.join(', ')}
  --late <ms>      how late an order becomes visible at a late venue (default: ${LATE_MS})
  --workers <n>    runs at the same time (default: the number of cores)
  --help           print this and end

Ends with code 1 where a promise was broken, 2 where an option is wrong.
`

function optionsOf() {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        runs: { type: 'string', default: String(ROUND) },
        from: { type: 'string', default: '0' },
        venue: { type: 'string' },
        late: { type: 'string', default: String(LATE_MS) },
        workers: { type: 'string', default: String(availableParallelism()) },
        help: { type: 'boolean', default: false },
      },
    })
    for (const name of ['seed', 'runs', 'from', 'late', 'workers'] as const) {
      const given = values[name]
      if (given === undefined || /^\d{1,9}$/.test(given)) continue
      throw new TypeError(`--${name} is '${given}': expected a whole number from 0`)
    }
    const { venue } = values
    if (venue !== undefined && venue !== 'real' && !NAMES.includes(venue))
      throw new TypeError(`--venue is '${venue}': expected real or one of\n${NAMES.join('\n')}`)
    if (!values.help) return values
    process.stdout.write(USAGE)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(2)
  }
}

const values = optionsOf()
const from = Number(values.seed ?? values.from)
const count = values.seed === undefined ? Number(values.runs) : 1
const waiting = seedsFrom(from, count, values.venue)
const results: Result[] = []
const main = theProgram().file('test/crash/guarded.ts')
// The first Ctrl-C lets running runs end, and prints their table.
process.once('SIGINT', () => {
  waiting.length = 0
  process.once('SIGINT', () => process.exit(130))
})

/** So many seeds from the first one, of one venue where it is given; each run can be repeated by its seed alone. */
function seedsFrom(first: number, length: number, venue: string | undefined): number[] {
  const isWanted = (seed: number): boolean => {
    const { name, quirks, emulated } = venueOf(seed)
    const isReal = quirks !== undefined && emulated === undefined
    return venue === undefined || (venue === 'real' ? isReal : name === venue)
  }
  const seeds: number[] = []
  for (let seed = first; seeds.length < length; seed++) if (isWanted(seed)) seeds.push(seed)
  return seeds
}

async function work(): Promise<void> {
  for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
    const result = await run(planOf(seed, Number(values.late)), main)
    results.push(result)
    if (result.violations.length > 0) process.stdout.write(`\n${textOf(result)}\n`)
    process.stderr.write(bar(results, count))
  }
}

await Promise.all(Array.from({ length: Number(values.workers) }, work))
process.stderr.write('\n')
process.stdout.write(tableOf(results))
if (results.some(({ violations }) => violations.length > 0)) process.exitCode = 1
