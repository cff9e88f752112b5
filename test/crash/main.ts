import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { compiled } from '../support/compiled.ts'
import { planOf, ROUND } from './plan.ts'
import { bar, tableOf, textOf } from './report.ts'
import { run, type Result } from './run.ts'
import { LATE_MS } from './venues.ts'

/**
 * Every venue of the matrix with everything that can be done to it. `npm run test:crash -- --seed 7`
 * is the run of one seed, with everything that it left behind.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string', default: String(ROUND) },
    from: { type: 'string', default: '0' },
    late: { type: 'string', default: String(LATE_MS) },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
})
const from = Number(values.seed ?? values.from)
const count = values.seed === undefined ? Number(values.runs) : 1
const waiting = Array.from({ length: count }, (_, index) => from + index)
const results: Result[] = []
const program = compiled()
const main = program.file('test/crash/guarded.ts')
process.on('exit', () => program.remove())
// The first Ctrl-C lets what runs come to its end, and shows the table of that.
process.once('SIGINT', () => {
  waiting.length = 0
  process.once('SIGINT', () => process.exit(130))
})

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
