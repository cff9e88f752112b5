import { InvalidArgumentError } from 'commander'
import { isSilence } from '../../client/errors.ts'
import type { WatchkeeperClient } from '../../client/watchkeeper-client.ts'
import { onOneLine } from '../../domain/plain-text.ts'
import { UsageError } from '../../errors.ts'
import { accountList, type AccountView } from '../../ports/control/accounts.ts'
import type { HealthReport } from '../../ports/control/health.ts'
import type { KillSwitchView } from '../../ports/control/kill-switch.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import {
  accountClientOf,
  withAccount,
  withFormat,
  type AccountConnection,
  type Formatted,
} from '../connection.ts'
import { nearest, nearLines } from '../nearest.ts'
import { positiveNumber } from '../number-option.ts'
import { Outcome } from '../outcome.ts'
import { paintFor, readable, type Paint } from '../output.ts'
import { positionTable } from '../position-table.ts'
import { watchFrames } from '../watch.ts'

const EXAMPLES = `
Exit code: 0 pass, 0 warn, 1 fail, 3 no answer. --watch shows the state and the positions nearest to a
level again and again, until it is interrupted; a service that does not answer is asked again.

Examples:
  $ watchkeeper status
  $ watchkeeper status --account desk
  $ watchkeeper status --watch
  $ watchkeeper status --watch 10
  $ watchkeeper status --url http://10.0.0.5:8080 --format json`

interface Given extends AccountConnection, Formatted {
  /** Seconds between two frames; true: the default. */
  readonly watch?: number | true
}

const FAILED = 1
const NO_ANSWER = 3
const COLOURS = { pass: 'green', warn: 'yellow', fail: 'red' } as const

/** `watchkeeper status`: the state of a running service in a few lines. */
export const statusCommand: CommandModule = {
  add(program, context) {
    withFormat(
      withAccount(program.command('status').description('show the health of the running service')),
    )
      .option('--watch [seconds]', 'show it again and again (default: 2)', seconds)
      .addHelpText('after', EXAMPLES)
      .action((given: Given) =>
        given.watch === undefined ? status(given, context) : watchStatus(given, context),
      )
  },
}

const DEFAULT_WATCH_S = 2
const LONGEST_WATCH_S = 3_600

function seconds(text: string): number {
  const value = positiveNumber(text)
  if (value <= LONGEST_WATCH_S) return value
  throw new InvalidArgumentError(`Expected at most ${LONGEST_WATCH_S} seconds.`)
}

/** Prints the state again and again; never resolves. */
function watchStatus(given: Given, context: CommandContext): Promise<void> {
  if (given.format === 'json') {
    throw new UsageError('found --watch with JSON, expected one of them; journal --follow streams')
  }
  const client = accountClientOf(given, context)
  const paint = paintFor(context.stdout, context.env)
  const { account, watch = true } = given
  return watchFrames(context, {
    everyMs: (watch === true ? DEFAULT_WATCH_S : watch) * 1_000,
    read: async () => {
      const health = await client.health()
      const positions = await client.positions()
      const head = await headOf(client, { health, account, paint })
      return [...head, '', ...positionTable(nearest(positions))]
    },
  })
}

async function status(given: Given, context: CommandContext): Promise<void> {
  const client = accountClientOf(given, context)
  const paint = paintFor(context.stdout, context.env)
  try {
    const health = await client.health()
    if (given.format === 'json') context.stdout.write(`${JSON.stringify(health)}\n`)
    else if ('service:standby' in health.checks) {
      const { status: state, version, output } = health
      context.stdout.write(
        `${[`${state}  watchkeeper ${version}`, ...output.map(onOneLine)].join('\n  ')}\n`,
      )
    } else {
      const positions = await client.positions()
      const head = await headOf(client, { health, account: given.account, paint })
      const lines = [...head, ...nearLines(positions)]
      context.stdout.write(`${lines.join('\n')}\n`)
    }
    if (health.status === 'fail') throw new Outcome(FAILED)
  } catch (error) {
    if (!isSilence(error)) throw error
    context.stderr.write(`${paintFor(context.stderr, context.env)('red', error.message)}\n`)
    throw new Outcome(NO_ANSWER)
  }
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

interface Shown {
  readonly health: HealthReport
  readonly account: string | undefined
  readonly paint: Paint
}

/** The state of one account, or a line for each where there are several and none is named. */
async function headOf(
  client: WatchkeeperClient,
  { health, account, paint }: Shown,
): Promise<string[]> {
  const accounts = account === undefined ? await client.get('/api/accounts', accountList) : []
  const head =
    accounts.length > 1
      ? [...headLines(health, paint), ...accountLines(accounts, paint)]
      : [...headLines(health, paint), killSwitchLine(await client.killSwitch())]
  const why = health.output.map(line => paint(COLOURS[health.status], `  ${onOneLine(line)}`))
  return [...head, ...why]
}

function accountLines(accounts: readonly AccountView[], paint: Paint): string[] {
  return accounts.map(({ name, status: state, positions, mode, killSwitch }, index) => {
    const label = index === 0 ? 'accounts    ' : '            '
    const facts = [`${positions} open`, `mode ${mode}`, `kill switch ${killSwitch}`]
    return `${label} ${onOneLine(name)}: ${paint(COLOURS[state], state)}, ${facts.join(', ')}`
  })
}

const killSwitchLine = ({ state, held }: KillSwitchView): string =>
  `kill switch  ${state}${held.length > 0 ? `, holds ${held.length} exits` : ''}`

function headLines({ status: state, version, checks }: HealthReport, paint: Paint): string[] {
  // A missing check must not read as a good value; of several accounts each has an entry.
  const countOf = (name: string): number | string => {
    const counts = (checks[name] ?? []).map(({ observedValue }) => observedValue)
    return counts.length > 0 && counts.every(count => typeof count === 'number')
      ? total(counts)
      : '?'
  }
  const uptime = checks['uptime']?.[0]?.observedValue
  const counts = [
    `${countOf('positions:guarded')} guarded`,
    `${countOf('positions:exiting')} being exited`,
    `${countOf('positions:unguarded')} not guarded`,
    ...(countOf('positions:observed') === 0 ? [] : [`${countOf('positions:observed')} observed`]),
  ]
  return [
    `${paint(COLOURS[state], state)}  watchkeeper ${version}, up ${typeof uptime === 'number' ? durationText(uptime) : '?'}`,
    `positions    ${counts.join(', ')}`,
    ...exitableLines(checks),
  ]
}

/** An end of the credentials within this time is shown, s: a person reads the state in the evening. */
const SHOWN_S = 86_400

/** Whether exits could be carried out, and when the credentials end where that is soon. */
function exitableLines(checks: HealthReport['checks']): string[] {
  const exitable = checks['positions:exitable']?.[0]
  const credentials = checks['broker:credentials']?.[0]
  const leftS = credentials?.observedValue
  const isSoon = typeof leftS === 'number' && leftS <= SHOWN_S
  return [
    ...(exitable === undefined || exitable.status === 'pass'
      ? []
      : [`exitable     ${exitable.output ?? 'unknown'}`]),
    ...(isSoon
      ? [
          `credentials  ${credentials!.output ?? ''} (${leftS > 0 ? `in ${durationText(leftS)}` : 'over'})`,
        ]
      : []),
  ].map(onOneLine)
}

/** Seconds as a duration for a person. */
function durationText(seconds: number): string {
  if (seconds < 120) return `${readable(seconds, 0)} s`
  if (seconds < 7_200) return `${readable(seconds / 60, 0)} min`
  return seconds < 172_800
    ? `${readable(seconds / 3_600, 1)} h`
    : `${readable(seconds / 86_400, 1)} d`
}
