import { onOneLine } from '../../domain/plain-text.ts'
import type { PositionView } from '../../ports/control/positions.ts'
import { whyView, type RuleView, type WhyView } from '../../ports/control/why.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { accountClientOf, withAccount, withFormat, type AccountConnection } from '../connection.ts'
import { stepLines } from '../journal-text.ts'
import { levelText, numberText } from '../levels.ts'
import { pctText, tableLines, timeText } from '../output.ts'

interface Given extends AccountConnection {
  readonly format: 'text' | 'json'
}

const EXAMPLES = `
distance and pct lead from the last price to the level; input age is the age of the price that the rule reads.

Examples:
  $ watchkeeper why btc-1
  $ watchkeeper why btc-1 --format json`

/** `watchkeeper why`: what each rule of a position would do, and why. */
export const whyCommand: CommandModule = {
  add(program, context) {
    const command = program
      .command('why')
      .description('explain what each rule of a position would do')
      .argument('<id>', 'position')
    withFormat(withAccount(command))
      .addHelpText('after', EXAMPLES)
      .action((id: string, given: Given) => why(id, given, context))
  },
}

async function why(id: string, given: Given, context: CommandContext): Promise<void> {
  const path = `/api/positions/${encodeURIComponent(id)}/why`
  const view = await accountClientOf(given, context).get(path, whyView)
  const text = given.format === 'json' ? JSON.stringify(view) : linesOf(view).join('\n')
  context.stdout.write(`${text}\n`)
}

function linesOf({ position, unguarded, rules, net, exit }: WhyView): string[] {
  const { id, side, quantity, instrument, entryPrice, state, lastPrice, priceAgeMs } = position
  const price =
    lastPrice === null
      ? 'no price yet'
      : `last price ${numberText(lastPrice)}, ${ageText(priceAgeMs)} old`
  const reason = position.reason === undefined ? '' : ` (${position.reason})`
  const head = ['rule', 'armed', 'level', 'distance', 'pct', 'at', 'input age', 'note']
  return [
    `${onOneLine(id)}  ${side} ${numberText(quantity)} ${onOneLine(instrument)} at ${numberText(entryPrice)}, ${state}${reason}; ${price}, best ${numberText(position.best)}`,
    ...(unguarded === undefined ? [] : [`not guarded: ${onOneLine(unguarded)}`]),
    ...nearestLine(rules, position),
    ...exitableLine(position),
    ...(rules.length === 0
      ? []
      : tableLines([head, ...rules.map(each => rowOf(each, position))], new Set([2, 3, 4, 6]))),
    ...(net === undefined ? [] : [netLine(net)]),
    ...(exit === undefined ? [] : exitLines(exit)),
  ]
}

/** Whether it could be exited now; nothing where it could. */
function exitableLine({ exitable }: PositionView): string[] {
  if (exitable === undefined || exitable.state === 'yes') return []
  const since = `since ${timeText(exitable.since)}`
  return [`exitable: ${exitable.state}, ${onOneLine(exitable.why ?? '')}, ${since}`]
}

/** The stop at the venue, or why there is none. */
function netLine({ state, why, ...net }: NonNullable<WhyView['net']>): string {
  if (net.clientOrderId === undefined) return `net: ${why ?? 'not made yet'}`
  const order = `trigger ${numberText(net.trigger ?? 0)}, order ${onOneLine(net.clientOrderId)}`
  return `net: ${state}, ${order}, ${net.executed ?? 0} of ${net.quantity ?? 0} executed`
}

/** The progress of its exit, and its history. */
function exitLines(exit: NonNullable<WhyView['exit']>): string[] {
  const { state, executed, quantity, attempt, clientOrderId, rejections, steps, waitsFor } = exit
  const refused = rejections === 0 ? '' : `, ${rejections} times refused`
  const order = `attempt ${attempt}, order ${onOneLine(clientOrderId)}`
  return [
    `exit: ${state}, ${executed} of ${quantity} executed, ${order}${refused}`,
    ...(waitsFor === undefined ? [] : [`waits for: ${onOneLine(waitsFor)}`]),
    ...stepLines(steps),
  ]
}

/** Seconds with one decimal; a dash where there is no age. */
const ageText = (ageMs: number | null | undefined): string =>
  typeof ageMs === 'number' ? `${(ageMs / 1_000).toFixed(1)} s` : '-'

/**
 * Distance from the last price to the level, percent of that price. The level is that far from the
 * price that the rule reads: its own or another instrument's.
 */
function pctOf({ level, distance }: RuleView): number | undefined {
  if (typeof level !== 'number' || typeof distance !== 'number') return undefined
  const price = level - distance
  return price === 0 ? undefined : (distance / Math.abs(price)) * 100
}

/**
 * The level of a rule; one on another instrument is in ticks of that instrument, which the answer
 * does not contain.
 */
function levelIn(rule: RuleView, { instrument, side, tickSize }: PositionView): string {
  const { level, distance } = rule
  if (level === undefined) return ''
  const isOwn = rule.instrument === undefined || rule.instrument === instrument
  const isBelow = typeof distance === 'number' ? distance < 0 : side === 'long'
  return levelText(level, { isBelow, tickSize: isOwn ? tickSize : undefined })
}

/** The level that is nearest, if one is known. */
function nearestLine(rules: readonly RuleView[], position: PositionView): string[] {
  const near = rules
    .flatMap(each => {
      const pct = pctOf(each)
      return pct === undefined || !each.armed ? [] : [{ ...each, pct }]
    })
    .toSorted((a, b) => Math.abs(a.pct) - Math.abs(b.pct))[0]
  if (near === undefined) return []
  const where = near.instrument === undefined ? '' : ` on ${onOneLine(near.instrument)}`
  return [
    `nearest level: ${near.rule} at ${levelIn(near, position)}${where}, ${pctText(near.pct)} away`,
  ]
}

function rowOf(rule: RuleView, position: PositionView): string[] {
  const { rule: name, armed, distance, exitAt, why: reason, instrument, ratchet } = rule
  const pct = pctOf(rule)
  const notes = [
    ...(reason === undefined ? [] : [reason]),
    ...(instrument === undefined ? [] : [`on ${instrument}`]),
    ...(ratchet === undefined ? [] : [`changes at ${numberText(ratchet)}`]),
  ]
  return [
    name,
    armed ? 'yes' : 'no',
    levelIn(rule, position),
    distance === undefined || distance === null ? '' : numberText(distance),
    pct === undefined ? '' : pctText(pct),
    exitAt === undefined ? '' : timeText(exitAt),
    ageText(rule.inputAgeMs),
    notes.join('; '),
  ]
}
