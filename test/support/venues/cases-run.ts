import { spawnSync } from 'node:child_process'

const FILES = ['requests', 'records', 'answers', 'quote-stream']

// Prints how many golden requests, recorded answers and mutated answers the tests of each venue hold it against.
for (const venue of ['binance', 'bybit', 'okx']) {
  const { stdout, status } = spawnSync(
    'npx',
    ['mocha', ...FILES.map(name => `test/brokers/venue/${venue}/${name}.test.ts`)],
    { encoding: 'utf8', env: { ...process.env, VENUE_CASES: '1' } },
  )
  const line = /^cases: (.*)$/m.exec(stdout)?.[1] ?? 'not counted'
  const failed = status === 0 ? '' : ' (with failures: npx mocha test/brokers/venue)'
  process.stdout.write(`${venue.padEnd(8)} ${line}${failed}\n`)
  if (status !== 0) process.exitCode = 1
}
