import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { running, runningEnv } from './compiled.ts'

const ROOT = new URL('../../', import.meta.url)

/** Exit code and output of a command. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly stdin?: string
  readonly env?: NodeJS.ProcessEnv
  /** Closes the reading end of stdout after its first bytes, as `| head -1` does. */
  readonly readsOnce?: boolean
}

/** Runs `watchkeeper` with these arguments in a process of its own. */
export function watchkeeper(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [...running('src/cli/main.ts'), ...args], {
    cwd: ROOT,
    env: { ...plainEnv(), ...options.env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (options.readsOnce === true) child.stdout.destroy()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // A command that refuses its input ends before it reads it.
  child.stdin.on('error', () => {})
  child.stdin.end(options.stdin ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}

/** The environment without what turns colours on or adds to stderr. */
function plainEnv(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...rest } = runningEnv()
  return rest
}

/** A folder for the files of one test; `remove` takes it away. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'watchkeeper-'))

  /** Writes a file and gives its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name)
    writeFileSync(path, content)
    return path
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
