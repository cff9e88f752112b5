import { ambientUse } from './ambient.ts'
import { levelRule } from './level-rule.ts'
import { badPlugin, pluginOf, type Plugin, type RulePlugin } from './plugin.ts'
import { counterexample, type RuleTestOptions } from './rule-test.ts'

/** Usual time of a question to a rule that is too long, µs. */
const SLOW_US = 250

/**
 * The plugin of a module: it has the shape of its kind, and a rule has kept every property.
 * @throws WatchkeeperError BAD_PLUGIN: the path, and what is wrong.
 */
export function soundPlugin(
  module: unknown,
  { path, ...options }: RuleTestOptions & { readonly path: string },
): Plugin {
  const plugin = pluginOf(module, path)
  const why = plugin.kind === 'rule' ? whyUnsound(plugin, options) : undefined
  if (why !== undefined) throw badPlugin(path, why)
  return plugin
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
