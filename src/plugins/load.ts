import { fork } from 'node:child_process'
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Finding, Question } from './examiner.ts'
import { badPlugin, pluginOf, textOf } from './plugin.ts'
import { register, type FromFile } from './table.ts'

/** Longest examination of one plugin, ms: what takes longer blocks. */
export const EXAMINATION_MS = 30_000
/** Price histories that a rule is driven through at a start. */
const START_CASES = 200
const SEED = 1

/** How plugins are examined. */
export interface ExamineOptions extends Pick<Question, 'seed' | 'cases'> {
  readonly deadlineMs: number
}

const AT_START: ExamineOptions = { seed: SEED, cases: START_CASES, deadlineMs: EXAMINATION_MS }

/**
 * Examines the plugins, each in a process of its own, then imports them, then makes all of them known. Nothing
 * of any is in force where one of them fails. Gives what takes them away again.
 * @throws WatchkeeperError BAD_PLUGIN: its path, and what is wrong with it.
 */
export async function loadPlugins(
  paths: readonly string[],
  options: ExamineOptions = AT_START,
): Promise<() => void> {
  const files = [...new Set(paths.map(each => resolve(each)))]
  for (const path of files) await examinePlugin(path, options)
  const found: FromFile[] = []
  for (const path of files) found.push({ path, plugin: await importPlugin(path) })
  return register(found)
}

async function importPlugin(path: string): Promise<FromFile['plugin']> {
  try {
    return pluginOf(await import(pathToFileURL(path).href), path)
  } catch (error) {
    throw badPlugin(path, textOf(error), error)
  }
}

/** Examines one plugin in a process of its own. Throws WatchkeeperError BAD_PLUGIN. */
export async function examinePlugin(
  path: string,
  { deadlineMs, ...options }: ExamineOptions,
): Promise<Extract<Finding, { readonly ok: true }>> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw badPlugin(path, 'found no file here, expected the module of a plugin')
  const finding = await ask({ path, ...options }, deadlineMs)
  if (finding.ok) return finding
  throw badPlugin(path, finding.why)
}

/** The program of the process, as this one is: compiled, or its source. */
const EXAMINER = fileURLToPath(
  new URL(`./examiner${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
)

function ask(question: Question, deadlineMs: number): Promise<Finding> {
  // What a plugin prints belongs to no log; what it is given is no secret of the account.
  const child = fork(EXAMINER, [], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'] },
  })
  return new Promise(settle => {
    const done = (finding: Finding): void => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      settle(finding)
    }
    const timer = setTimeout(() => {
      done({ ok: false, why: `blocks: it was not examined within ${deadlineMs / 1_000} s` })
    }, deadlineMs)
    child.once('message', (finding: Finding) => done(finding))
    child.once('error', error => done({ ok: false, why: `is not examined: ${error.message}` }))
    child.once('exit', code => {
      done({ ok: false, why: `ends the process that imports it, with ${code ?? 'a signal'}` })
    })
    child.send(question)
  })
}
