import { parseArgs } from 'node:util'
import { accounts } from './accounts.ts'
import { dashboards } from './dashboards.ts'
import { isolation } from './isolation.ts'
import { observability } from './observability.ts'
import { page } from './page.ts'
import { redisFeed } from './redis-feed.ts'
import { replay } from './replay.ts'
import { print, type Figure, type Table } from './report.ts'
import { trigger } from './s1-trigger-book.ts'
import { wakes } from './s2-wakes.ts'
import { exits } from './s3-exits.ts'
import { memory } from './s4-memory.ts'
import { recovery } from './s5-recovery.ts'
import { breaker } from './s6-breaker.ts'
import { gateway } from './s7-gateway.ts'
import { latency } from './s8-latency.ts'
import { stores } from './stores.ts'
import { supervision } from './supervision.ts'
import { throttleLive } from './throttle/live.ts'
import { throttle } from './throttle/throttle.ts'
import { turns } from './turns.ts'

/** Every benchmark by name: one line each. */
const BENCHMARKS: Record<string, () => Promise<Figure[] | Table>> = {
  trigger,
  wakes,
  exits,
  memory,
  recovery,
  breaker,
  gateway,
  latency,
  supervision,
  replay,
  throttle,
  'throttle-live': throttleLive,
  stores,
  'redis-feed': redisFeed,
  observability,
  dashboards,
  page,
  turns,
  accounts,
  isolation,
}

const USAGE = `usage: npm run bench -- [--json] [<name> ...]
All of them without a name: ${Object.keys(BENCHMARKS).join(', ')}`

function argumentsOf(args: string[]): { readonly isJson: boolean; readonly names: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
      allowPositionals: true,
    })
    if (!values.help) return { isJson: values.json, names: positionals }
    process.stdout.write(`${USAGE}\n`)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message.split('. ')[0]}\n${USAGE}\n`)
    process.exit(2)
  }
}

const { isJson, names: given } = argumentsOf(process.argv.slice(2))
const names = given.length > 0 ? given : Object.keys(BENCHMARKS)
for (const name of names) {
  const benchmark = BENCHMARKS[name]
  if (benchmark === undefined) {
    const known = Object.keys(BENCHMARKS).join(', ')
    process.stderr.write(`bench: found ${JSON.stringify(name)}, expected one of ${known}\n`)
    process.exit(2)
  }
  print(await benchmark(), isJson)
}
