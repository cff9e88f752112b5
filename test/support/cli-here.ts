import { Readable } from 'node:stream'
import { main } from '../../src/cli/main.ts'
import type { Ran } from './cli.ts'

interface HereOptions {
  readonly env?: NodeJS.ProcessEnv
  /** What a person types at a terminal. */
  readonly answer?: string
  /** What arrives where there is no terminal. */
  readonly stdin?: string
}

/** Runs one command line in this process, with its own streams and only this environment. */
export async function cliHere(
  args: readonly string[],
  { env = {}, answer, stdin: piped = '' }: HereOptions = {},
): Promise<Ran> {
  let [stdout, stderr] = ['', '']
  const typed = answer === undefined ? piped : `${answer}\n`
  const stdin = Object.assign(Readable.from(typed === '' ? [] : [typed]), {
    isTTY: answer !== undefined,
  })
  const code = await main(args, {
    stdin,
    env,
    stdout: { write: text => ((stdout += text), true) },
    stderr: { write: text => ((stderr += text), true) },
  })
  return { code, stdout, stderr }
}
