import { Readable } from 'node:stream'
import { main } from '../../src/cli/main.ts'
import type { Ran } from './cli.ts'

/** Runs one command line in this process, with its own streams and only this environment. */
export async function cliHere(
  args: readonly string[],
  { env = {}, answer }: { readonly env?: NodeJS.ProcessEnv; readonly answer?: string } = {},
): Promise<Ran> {
  let [stdout, stderr] = ['', '']
  const stdin = Object.assign(Readable.from(answer === undefined ? [] : [`${answer}\n`]), {
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
