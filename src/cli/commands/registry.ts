import type { CommandModule } from '../command.ts'
import { checkCommand } from './check.ts'
import { replayCommand } from './replay.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandModule[] = [replayCommand, checkCommand]
