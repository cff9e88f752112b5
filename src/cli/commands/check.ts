import type { PositionEntry } from '../../config/position-reader.ts'
import { loadPositions } from '../../config/positions-file.ts'
import { instrumentId } from '../../domain/ids.ts'
import { UsageError } from '../../errors.ts'
import { checkedPosition, startWarnings } from '../check-report.ts'
import { checkedText } from '../check-text.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { withFormat, type Formatted } from '../connection.ts'
import { countText, paintFor } from '../output.ts'

interface Given extends Formatted {
  readonly positions?: string
  readonly config?: string
  readonly rules?: string
  readonly strict: boolean
}

const EXAMPLES = `
Examples:
  $ watchkeeper check --positions positions.yaml
  $ watchkeeper check --positions positions.yaml --rules tighter.yaml --strict
  $ watchkeeper check --positions positions.yaml --format json
  $ watchkeeper check --config my.yaml`

/** `watchkeeper check`: validates positions, rules and a configuration, and shows levels at entry. */
export const checkCommand: CommandModule = {
  add(program, context) {
    const command = program
      .command('check')
      .description('validate positions, rules and a configuration, and show levels at entry')
    withFormat(command)
      .option('--positions <file>', 'positions and their rules, YAML or JSON')
      .option('--config <file>', 'configuration of the service, and the positions that it names')
      .option('--rules <file>', 'rule sets that win over those of the same name')
      .option('--strict', 'take warnings as faults', false)
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => check(given, context))
  },
}

/** Prints what a start would find of files: warnings, levels at entry, and all faults of them. */
export async function check(given: Given, { stdout, stderr, env }: CommandContext): Promise<void> {
  const judged = given.config === undefined ? undefined : await judge(given.config, given, env)
  const positionsFile = judged?.config.positions ?? given.positions
  if (positionsFile === undefined && judged === undefined) {
    throw new UsageError('found neither --positions nor --config, expected at least one of them')
  }
  const { entries, warnings: odd } = loadPositions({
    positionsFile,
    rulesFile: given.rules,
    strict: given.strict || judged?.config.strict === true,
    ...(judged !== undefined && {
      instruments: judged.config.instruments,
      accounts: judged.accounts,
    }),
  })
  const paint = paintFor(stdout, env)
  const now = Date.now()
  const late = entries.flatMap(entry => startWarnings(entry, now))
  const named = judged?.namesOf(entries) ?? []
  const warnings = [...(judged?.warnings ?? []), ...odd, ...late, ...named]
  const tickSizeOf = (name: string): number | undefined =>
    judged?.config.instruments.of(instrumentId(name)).tickSize
  for (const entry of entries) {
    const checked = checkedPosition(entry, now)
    const text =
      given.format === 'json'
        ? JSON.stringify(checked)
        : `${checkedText(checked, paint, tickSizeOf)}\n`
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

/** Loads the configuration as a start would; returns it with its warnings. */
async function judge(file: string, { positions }: Given, env: NodeJS.ProcessEnv) {
  // The modules of a service load slowly; a check of positions does not need them.
  const { configWithPlugins } = await import('../../app/plugins.ts')
  const { checkConfig } = await import('../../app/config-check.ts')
  const { accountWarnings } = await import('../../app/start-warnings.ts')
  const config = await configWithPlugins({ file, env, overrides: { positions } })
  const { accountNames } = await import('../../config/accounts.ts')
  return {
    config,
    accounts: accountNames(config),
    warnings: checkConfig(config, file).map(warning => `${file}: ${warning}`),
    namesOf: (entries: readonly PositionEntry[]) => accountWarnings(config, entries),
  }
}
