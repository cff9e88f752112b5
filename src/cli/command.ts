import type { Readable } from 'node:stream'
import type { Command } from 'commander'
import type { TextStream } from './output.ts'

/** What a command may touch of the process. */
export interface CommandContext {
  readonly stdin: Readable
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly env: NodeJS.ProcessEnv
  /** The time zone that was asked for by --zone. */
  readonly zone?: string | undefined
}

/** One command: declares its options and says what runs. One file and one registry line each. */
export interface CommandModule {
  /** Adds the command to the program. What it runs may throw: main says it and sets the exit code. */
  add(program: Command, context: CommandContext): void
}
