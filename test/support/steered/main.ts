import { main } from '../../../src/cli/main.ts'
import { stepClock } from './clock.ts'
import { harmCommits } from './commits.ts'
import { STEERING, type Steering } from './steering.ts'

function steer({ clockMs, commits }: Steering): void {
  if (clockMs !== undefined) stepClock(clockMs)
  if (commits !== undefined) harmCommits(commits)
}

steer(JSON.parse(process.env[STEERING] ?? '{}') as Steering)
process.on('message', (message: Steering) => {
  steer(message)
  process.send!('steered')
})
process.channel?.unref()
// The test has ended.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))

const { stdin, stdout, stderr, env } = process
void main(process.argv.slice(2), { stdin, stdout, stderr, env }).then(
  code => (process.exitCode = code),
)
