import { Option } from 'commander'
import { loadPositions } from '../../config/positions-file.ts'
import { checkedPosition } from '../check-report.ts'
import { checkedText } from '../check-text.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { paintFor } from '../output.ts'

interface Given {
  readonly positions: string
  readonly rules?: string
  readonly strict: boolean
  readonly format: 'text' | 'json'
}

const EXAMPLES = `
Examples:
  $ watchkeeper check --positions positions.yaml
  $ watchkeeper check --positions positions.yaml --rules tighter.yaml --strict
  $ watchkeeper check --positions positions.yaml --format json`

/** `watchkeeper check`: validates positions and rules, and shows their levels at entry. */
export const checkCommand: CommandModule = {
  add(program, context) {
    program
      .command('check')
      .description("validate positions and rules, and show each rule's levels at entry")
      .requiredOption('--positions <file>', 'positions and their rules, YAML or JSON')
      .option('--rules <file>', 'rule sets that win over those of the same name')
      .option('--strict', 'take warnings as faults', false)
      .addOption(
        new Option('--format <format>', 'how results look')
          .choices(['text', 'json'])
          .default('text'),
      )
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => check(given, context))
  },
}

function check(given: Given, { stdout, stderr, env }: CommandContext): void {
  const { entries, warnings } = loadPositions({
    positionsFile: given.positions,
    rulesFile: given.rules,
    strict: given.strict,
  })
  const paint = paintFor(stdout, env)
  const now = Date.now()
  for (const entry of entries) {
    const checked = checkedPosition(entry, now)
    const text =
      given.format === 'json' ? JSON.stringify(checked) : `${checkedText(checked, paint)}\n`
    stdout.write(`${text}\n`)
  }
  for (const warning of warnings) {
    stderr.write(`${paintFor(stderr, env)('yellow', 'warning')}: ${warning}\n`)
  }
  const sets = new Set(entries.map(({ ruleSet }) => ruleSet)).size
  const counts = [
    countText(entries.length, 'position'),
    countText(sets, 'rule set'),
    countText(warnings.length, 'warning'),
  ].join(', ')
  if (given.format === 'json') {
    stdout.write(
      `${JSON.stringify({ type: 'summary', positions: entries.length, ruleSets: sets, warnings })}\n`,
    )
  } else stdout.write(`${paint('green', 'valid')}: ${counts}\n`)
}

const countText = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`
