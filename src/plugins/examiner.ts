import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { ambientUse } from './ambient.ts'
import { levelRule } from './level-rule.ts'
import { pluginOf, textOf, type RulePlugin } from './plugin.ts'
import { counterexample, type RuleTestOptions } from './rule-test.ts'

/** What a process that examines a plugin is asked. */
export interface Question extends RuleTestOptions {
  readonly path: string
}

/** What it has found; it answers once. */
export type Finding =
  | { readonly ok: true; readonly kind: string; readonly name: string; readonly cases: number }
  | { readonly ok: false; readonly why: string }

/** Usual time of a question to a rule that is too long, µs. */
const SLOW_US = 250

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
  await new Promise(setImmediate)
  const left = leftBehind(before)
  if (left.length > 0) return { ok: false, why: `leaves ${left.join(', ')} behind at its import` }
  const plugin = pluginOf(module, path)
  const { kind, name } = plugin
  const why = plugin.kind === 'rule' ? whyUnsound(plugin, options) : undefined
  if (why !== undefined) return { ok: false, why }
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

/** Why a rule must not decide; undefined: it has kept every property. */
function whyUnsound(plugin: RulePlugin, options: RuleTestOptions): string | undefined {
  const definition = levelRule(plugin)
  for (const example of plugin.examples ?? [{}]) {
    const parsed = definition.options.safeParse(example)
    const shown = `with the options ${JSON.stringify(example)}`
    if (!parsed.success) {
      return `has an example of options that its own schema refuses, ${shown}: ${parsed.error.issues[0]!.message}`
    }
    const rule = definition.rule(parsed.data)
    if (rule.kind !== 'levels') return 'has no levels'
    const clock = performance.now.bind(performance)
    const times: number[] = []
    const timed = {
      ...rule,
      arm: (...given: Parameters<typeof rule.arm>) => {
        const start = clock()
        const levels = rule.arm(...given)
        times.push(clock() - start)
        return levels
      },
    }
    const [wrong, used] = ambientUse(() => counterexample(timed, options))
    // The median: a machine that stands still now and then makes no rule slow.
    const usualUs = 1_000 * (times.toSorted((x, y) => x - y)[times.length >> 1] ?? 0)
    if (used !== undefined) return `is not pure, ${shown}: it uses ${used}`
    if (wrong !== undefined) {
      const { property, found, side, entryPrice, bests, now } = wrong
      const history = `a ${side} entered at ${entryPrice}, best prices ${bests.join(', ')}, at ${now}`
      return `does not hold that it ${property}, ${shown} (seed ${options.seed}): ${found}; ${history}`
    }
    if (usualUs > SLOW_US)
      return `is slow, ${shown}: ${Math.round(usualUs)} µs a question, expected below ${SLOW_US}`
  }
  return undefined
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
