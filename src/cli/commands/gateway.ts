import { Argument } from 'commander'
import { ENDPOINT_GROUPS } from '../../domain/venue.ts'
import { confirmedView, gatewayView, type GatewayView } from '../../ports/control/gateway.ts'
import { holdingsView, type HoldingsView } from '../../ports/control/holdings.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { confirm } from '../confirm.ts'
import {
  accountClientOf,
  withAccount,
  withFormat,
  type AccountConnection,
  type Formatted,
} from '../connection.ts'
import { holdingLines } from '../holdings-text.ts'
import { countText, paintFor, readable, tableLines, timeText } from '../output.ts'

interface Given extends AccountConnection, Formatted {}

const EXAMPLES = `
Examples:
  $ watchkeeper gateway
  $ watchkeeper gateway breaker orders force-open
  $ watchkeeper gateway breaker orders reset
  $ watchkeeper gateway confirm-holdings --yes`

/** `watchkeeper gateway`: the calls to the broker, and manual control of breakers. */
export const gatewayCommand: CommandModule = {
  add(program, context) {
    const gateway = program
      .command('gateway')
      .description('show the calls to the broker, or move a breaker')
      .addHelpText('after', EXAMPLES)
    const shown = gateway.command('show', { isDefault: true })
    shown.description('show breakers, throttles, lanes and the last calls')
    withFormat(withAccount(shown)).action((given: Given) => show(given, context))
    const moved = withAccount(
      gateway
        .command('breaker')
        .description('move a breaker by hand')
        .addArgument(new Argument('<group>', 'which').choices(ENDPOINT_GROUPS))
        .addArgument(
          new Argument('<act>', 'what to do').choices([
            'force-open',
            'disable',
            'metrics-only',
            'reset',
          ]),
        ),
    )
    withFormat(moved).action((group: string, act: string, given: Given) =>
      move({ group, act, given }, context),
    )
    const confirming = withAccount(
      gateway
        .command('confirm-holdings')
        .description('confirm that the account holds what it should: then orders may be sent'),
    )
    withFormat(confirming)
      .option('--yes', 'do not ask', false)
      .action((given: Given & { yes: boolean }) => confirmHoldings(given, context))
  },
}

async function show(given: Given, context: CommandContext): Promise<void> {
  const view = await accountClientOf(given, context).get('/api/gateway', gatewayView)
  const text = given.format === 'json' ? JSON.stringify(view) : linesOf(view).join('\n')
  context.stdout.write(`${text}\n`)
}

async function move(
  { group, act, given }: { group: string; act: string; given: Given },
  context: CommandContext,
): Promise<void> {
  const path = `/api/gateway/breakers/${group}/${act}`
  const view = await accountClientOf(given, context).change('POST', path, { shape: gatewayView })
  const text =
    given.format === 'json' ? JSON.stringify(view) : breakerTable(view.breakers).join('\n')
  context.stdout.write(`${text}\n`)
}

async function confirmHoldings(
  { yes, ...given }: Given & { yes: boolean },
  context: CommandContext,
): Promise<void> {
  const client = accountClientOf(given, context)
  if (!yes) {
    const view = await client.get('/api/holdings', holdingsView)
    const lines = holdingLines(view, paintFor(context.stderr, context.env))
    context.stderr.write(`${lines.join('\n')}\n\n`)
    await confirm(context, questionOf(view))
  }
  const path = '/api/gateway/holdings/confirm'
  const confirmed = await client.change('POST', path, { shape: confirmedView })
  context.stdout.write(given.format === 'json' ? `${JSON.stringify(confirmed)}\n` : 'confirmed\n')
}

function questionOf({ exits, isListed, failure }: HoldingsView): string {
  const sent = exits.filter(({ heldBy }) => heldBy.length === 0)
  const isSeen = isListed && failure === undefined
  return [
    ...(isSeen ? [] : ['The venue did not show what it holds now.']),
    sent.length === 0
      ? 'No exit waits for this; those that are decided from now on will be sent.'
      : `${countText(sent.length, 'exit')} will be sent at once.`,
  ].join(' ')
}

const MOST_CALLS = 10

function linesOf({ breakers, limits, calls }: GatewayView): string[] {
  return [
    ...breakerTable(breakers),
    '',
    ...tableLines(
      [
        [
          'limit',
          'rate/s',
          'published',
          'in flight',
          'exits',
          'order status',
          'holdings',
          'quotes',
          'dropped',
          'last cut',
        ],
        ...limits.map(({ name, shared, rate, ceilings, inFlight, lanes, cuts }) => [
          shared === undefined ? name : `${name} (shared: ${shared})`,
          readable(rate),
          publishedText(ceilings),
          String(inFlight),
          ...lanes.map(({ depth, oldestWaitMs }) =>
            depth === 0 ? '0' : `${depth} (${readable(oldestWaitMs / 1_000, 1)} s)`,
          ),
          String(lanes.reduce((sum, { dropped }) => sum + dropped, 0)),
          cutText(cuts.at(-1)),
        ]),
      ],
      new Set([1, 3, 4, 5, 6, 7, 8]),
    ),
    '',
    ...tableLines(
      [
        ['last calls', 'group', 'operation', 'ms', 'outcome'],
        ...calls
          .slice(-MOST_CALLS)
          .map(({ at, group, operation, ms, outcome }) => [
            timeText(at),
            group,
            operation,
            readable(ms, 1),
            outcome,
          ]),
      ],
      new Set([3]),
    ),
  ]
}

type Limit = GatewayView['limits'][number]

const publishedText = ({
  perSecond,
  perMinute,
  perHour = null,
  perDay,
}: Limit['ceilings']): string =>
  [
    ...(perSecond === null ? [] : [`${perSecond}/s`]),
    ...(perMinute === null ? [] : [`${perMinute}/min`]),
    ...(perHour === null ? [] : [`${perHour}/h`]),
    ...(perDay === null ? [] : [`${perDay}/day`]),
  ].join(' ') || 'none'

const cutText = (cut: Limit['cuts'][number] | undefined): string =>
  cut === undefined
    ? 'never'
    : `${readable(cut.from)} to ${readable(cut.to)}, ${cut.reason} ${timeText(cut.at)}`

function breakerTable(breakers: GatewayView['breakers']): string[] {
  return tableLines(
    [
      ['breaker', 'state', 'retry in', 'refused', 'last change'],
      ...breakers.map(({ group, state, retryInMs, refused, transitions }) => {
        const last = transitions.at(-1)
        return [
          group,
          state,
          retryInMs === null ? 'by hand' : `${readable(retryInMs / 1_000, 1)} s`,
          String(refused),
          last === undefined ? '' : `${last.cause} ${timeText(last.at)}`,
        ]
      }),
    ],
    new Set([2, 3]),
  )
}
