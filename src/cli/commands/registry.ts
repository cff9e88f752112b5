import type { CommandModule } from '../command.ts'
import { checkCommand } from './check.ts'
import { journalCommand } from './journal.ts'
import { positionsCommand } from './positions.ts'
import { replayCommand } from './replay.ts'
import { runCommand } from './run.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandModule[] = [
  runCommand,
  positionsCommand,
  journalCommand,
  replayCommand,
  checkCommand,
]
