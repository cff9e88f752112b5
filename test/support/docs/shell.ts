import { execFile } from 'node:child_process'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { main } from '../../../src/cli/main.ts'

/** Result of a command line. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  /** stdout and stderr, as a terminal shows them. */
  readonly terminal: string
}

/** The code of a command that has not ended within the patience. */
const NOT_ENDED = 124
const PATIENCE_MS = 60_000

const execute = promisify(execFile)

/**
 * Runs a command line in `folder`. Commands that begin with `watchkeeper` run in this process,
 * which is ten times cheaper than one of its own; the shell runs all others. The stages of a pipe
 * run one after the other.
 */
export async function runLine(
  line: string,
  { folder, env }: { readonly folder: string; readonly env: NodeJS.ProcessEnv },
): Promise<Ended> {
  let ended: Ended = { code: 0, stdout: '', terminal: '' }
  let [code, shown] = [0, '']
  for (const stage of stagesOf(line)) {
    const input = ended.stdout
    ended = isOurs(stage)
      ? await runHere(wordsOf(stage).slice(1), { folder, env, input })
      : await runShell(stage, { folder, env, input })
    code ||= ended.code
    shown += ended.terminal.slice(ended.stdout.length)
  }
  return { code, stdout: ended.stdout, terminal: ended.stdout + shown }
}

const isOurs = (stage: string): boolean => /^watchkeeper\s/.test(stage)

interface Where {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly input: string
}

async function runHere(args: readonly string[], { folder, env, input }: Where): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  const before = process.cwd()
  process.chdir(folder)
  try {
    const ended = main(args, {
      stdin: Object.assign(Readable.from(input === '' ? [] : [Buffer.from(input)]), {
        isTTY: false,
      }),
      env,
      stdout: { write: text => ((stdout += text), true) },
      stderr: { write: text => ((stderr += text), true) },
    })
    const code = await Promise.race([ended, sleep(PATIENCE_MS, NOT_ENDED, { ref: false })])
    return { code, stdout, terminal: stdout + stderr }
  } finally {
    process.chdir(before)
  }
}

async function runShell(stage: string, { folder, env, input }: Where): Promise<Ended> {
  const options = { cwd: folder, env: { ...env, PATH: process.env['PATH'] } }
  const running = execute('bash', ['--norc', '-c', stage], {
    ...options,
    timeout: PATIENCE_MS,
    maxBuffer: 2 ** 26,
  })
  running.child.stdin!.on('error', () => {}).end(input)
  try {
    const { stdout, stderr } = await running
    return { code: 0, stdout, terminal: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, stdout, terminal: stdout + stderr }
  }
}

/**
 * The stages of a pipe. A redirection after a watchkeeper command is a stage of its own, `cat >
 * file`, and a comment is none.
 */
export function stagesOf(line: string): string[] {
  const stages: string[] = []
  let stage = ''
  for (const [part] of line.matchAll(/'[^']*'|"(?:[^"\\]|\\.)*"|\\.|\s#.*|[^]/gs)) {
    if (/^\s#/.test(part)) break
    const isRedirection = part === '>' && isOurs(stage)
    if (part !== '|' && !isRedirection) stage += part
    else {
      stages.push(stage.trim())
      stage = isRedirection ? 'cat >' : ''
    }
  }
  return [...stages, stage.trim()]
}

/** The words of a command without expansions. */
export function wordsOf(command: string): string[] {
  const words = command.matchAll(/(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+/gs)
  return Array.from(words, ([word]) =>
    word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs, (_all, single, double, escaped) =>
      String(single ?? (double as string | undefined)?.replace(/\\(["\\$`])/g, '$1') ?? escaped),
    ),
  )
}
