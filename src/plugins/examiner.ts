import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { nextTurn } from '../ports/turns.ts'
import { soundPlugin } from './examination.ts'
import { textOf } from './plugin.ts'
import type { RuleTestOptions } from './rule-test.ts'

/** What a process that examines a plugin is asked. */
export interface Question extends RuleTestOptions {
  readonly path: string
}

/** What it has found; it answers once. */
export type Finding =
  | { readonly ok: true; readonly kind: string; readonly name: string; readonly cases: number }
  | { readonly ok: false; readonly why: string }

/**
 * Examines a plugin in a process of its own: what blocks, ends the process, or leaves something behind harms
 * this process alone. A rule is driven through price histories of positions.
 */
async function examine({ path, ...options }: Question): Promise<Finding> {
  const before = process.getActiveResourcesInfo()
  let module: unknown
  try {
    module = await import(pathToFileURL(path).href)
  } catch (error) {
    return { ok: false, why: `throws at its import: ${firstLine(textOf(error))}` }
  }
  await nextTurn()
  const left = leftBehind(before)
  if (left.length > 0) return { ok: false, why: `leaves ${left.join(', ')} behind at its import` }
  const { kind, name } = soundPlugin(module, { path, ...options })
  const later = leftBehind(before)
  if (later.length > 0) return { ok: false, why: `leaves ${later.join(', ')} behind` }
  return { ok: true, kind, name, cases: options.cases }
}

/** Timers, sockets and the like that were not there before, each kind once. */
function leftBehind(before: readonly string[]): readonly string[] {
  const rest = [...before]
  const fresh = process.getActiveResourcesInfo().filter(name => {
    const index = rest.indexOf(name)
    if (index !== -1) rest.splice(index, 1)
    return index === -1 && name !== 'Immediate' && !name.startsWith('FSReq')
  })
  return [...new Set(fresh)].map(name => (name === 'Timeout' ? 'a timer' : `a ${name}`))
}

const firstLine = (text: string): string => text.split('\n')[0]!

function answer(finding: Finding): void {
  process.send!(finding, () => process.exit(0))
}

process.once('message', (question: Question) => {
  process.on('uncaughtException', error => {
    answer({ ok: false, why: `throws after its import: ${firstLine(textOf(error))}` })
  })
  examine(question).then(answer, (error: unknown) => {
    const text = textOf(error)
    const why = text.startsWith(`${question.path}: `) ? text.slice(question.path.length + 2) : text
    answer({ ok: false, why })
  })
})
