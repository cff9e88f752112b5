import type { Readable } from 'node:stream'
import type { Command } from 'commander'
import type { TextStream } from './output.ts'

/** Everything of the process that a command may use. */
export interface CommandContext {
  readonly stdin: Readable
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly env: NodeJS.ProcessEnv
  /** The time zone of --zone. */
  readonly zone?: string | undefined
}

/** One command: declares its options and its action. One file and one registry line each. */
export interface CommandModule {
  /**
   * Adds the command to the program. Its action may throw: main prints the error and sets the exit
   * code.
   */
  add(program: Command, context: CommandContext): void
}
