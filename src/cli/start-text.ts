import type { Started } from '../app/first-facts.ts'
import { countText, type Paint } from './output.ts'

const UNCONFIRMED =
  'nothing is sent before a person has confirmed the holdings: watchkeeper gateway confirm-holdings'

/** The lines that a service prints after its start. */
export function startText(
  started: Started,
  { isObserving, isChaosOn }: { isObserving: boolean; isChaosOn: boolean },
  paint: Paint,
): string {
  const {
    url,
    counts,
    unpriced,
    over,
    vanished,
    ruled,
    noted,
    refused,
    risks,
    unread,
    isUnconfirmed,
  } = started
  const { guarded, exiting, observed, unguarded } = counts
  const are = (count: number): string => `${count} ${count === 1 ? 'is' : 'are'}`
  const lines = [
    paint(
      'bold',
      `watchkeeper guards ${countText(guarded, 'position')}, ${are(exiting)} being exited${observed > 0 ? `, ${are(observed)} observed` : ''}`,
    ),
    ...(unguarded > 0
      ? [paint('red', `${are(unguarded)} not guarded yet: watchkeeper status says why`)]
      : []),
    ...unpriced.slice(0, MOST_LISTED).map(each => paint('red', `the feed has no price of ${each}`)),
    ...(isObserving ? [paint('yellow', 'mode observe: exits are noted, none is sent')] : []),
    ...(isChaosOn ? [paint('yellow', 'chaos is on: faults are injected on purpose')] : []),
    `page       ${url}/`,
    `health     ${url}/health`,
    `positions  ${url}/api/positions`,
    `metrics    ${url}/metrics`,
    ...(over.length > 0 ? [`already over, and left so: ${listOf(over)}`] : []),
    ...(ruled.length > 0 ? [`with the changed rules of the file: ${listOf(ruled)}`] : []),
    ...(vanished.length > 0
      ? [paint('yellow', `guarded, though the file does not name them: ${listOf(vanished)}`)]
      : []),
    ...risks.map(risk => paint('yellow', `the store could lose an intent: ${risk}`)),
    ...unread.map(each => paint('yellow', `not read at the venue: ${each}`)),
    ...(isUnconfirmed ? [paint('yellow', UNCONFIRMED)] : []),
    ...[...noted, ...refused].slice(0, MOST_LISTED).map(each => paint('yellow', each)),
    ...(guarded + exiting + observed + unguarded === 0
      ? [paint('yellow', 'nothing to guard yet: watchkeeper positions add, or a positions file')]
      : ['Ctrl-C stops it in order; started again it goes on where it was']),
  ]
  return lines.join('\n')
}

const MOST_LISTED = 20

const listOf = (ids: readonly string[]): string =>
  ids.length <= MOST_LISTED
    ? ids.join(', ')
    : `${ids.slice(0, MOST_LISTED).join(', ')} and ${ids.length - MOST_LISTED} more`
