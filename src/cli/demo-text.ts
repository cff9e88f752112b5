import type { PositionView } from '../ports/control/positions.ts'
import { countText, timeText, type Paint } from './output.ts'

/** What a demonstration shows, and where: one screen. */
export function demoText(positions: readonly PositionView[], url: string, paint: Paint): string {
  const guarded = positions.filter(({ state }) => state === 'guarded')
  const shown = guarded[0]?.id ?? 'gold-1'
  const command = (rest: string): string => `npx watchkeeper ${rest} --url ${url}`
  return [
    paint('bold', `watchkeeper guards ${countText(guarded.length, 'position')} of a paper account`),
    'at simulated prices; nothing leaves this machine, and Ctrl-C takes all of it away.',
    '',
    `  ${paint('bold', `${url}/`)}`,
    '      the page: is each position guarded, by which rules, how far is its stop',
    `  ${url}/health`,
    '      what uptime monitors ask; /metrics is for Prometheus, /api/positions for programs',
    '',
    'From another terminal:',
    `  ${command(`why ${shown}`)}`,
    `  ${command(`positions exit ${shown} --yes`)}`,
    `  ${command('journal --follow')}`,
    '',
    'Your own positions: npx watchkeeper run --positions positions.yaml (docs/getting-started.md)',
    'Exits, as they happen:',
  ].join('\n')
}

/** A line of the log, where it says that an exit was filled; undefined: another line. */
export function demoLine(line: string, paint: Paint): string | undefined {
  const { kind, ts, positionId, reason, price, quantity } = JSON.parse(line) as Record<
    string,
    unknown
  >
  if (kind !== 'exit-filled') return undefined
  const what = `${String(reason)}: ${String(quantity)} at ${String(price)}`
  return `  ${timeText(Date.parse(String(ts)))} ${paint('bold', String(positionId).padEnd(16))} ${what}`
}
