import { registerRules } from '../risk/rules/registry.ts'
import { levelRule } from './level-rule.ts'
import { badPlugin, type Plugin, type PluginKind } from './plugin.ts'

/** A plugin and the file that it is from. */
export interface FromFile {
  readonly path: string
  readonly plugin: Plugin
}

/** Plugins of this process by kind and name. */
const known = new Map<string, FromFile>()

/** What takes away each group that was made known. */
const undo: (() => void)[] = []

const keyOf = ({ kind, name }: Pick<Plugin, 'kind' | 'name'>): string => `${kind} ${name}`

/**
 * Makes plugins known, all of them or none; the same plugin again changes nothing. Gives what takes them
 * away again.
 * @throws WatchkeeperError BAD_PLUGIN for a name that is taken.
 */
export function register(plugins: readonly FromFile[]): () => void {
  const fresh = new Map<string, FromFile>()
  for (const each of plugins) {
    const key = keyOf(each.plugin)
    const other = known.get(key) ?? fresh.get(key)
    if (other?.plugin === each.plugin) continue
    if (other !== undefined) {
      throw badPlugin(each.path, `is a ${key}, as ${other.path} is: rename one of them`)
    }
    fresh.set(key, each)
  }
  const rules = [...fresh.values()].flatMap(({ path, plugin }) =>
    plugin.kind === 'rule' ? [{ path, definition: levelRule(plugin) }] : [],
  )
  const taken = registerRules(rules.map(({ definition }) => definition))
  if (taken.kind === 'taken') {
    const { path } = rules.find(({ definition }) => definition.name === taken.name)!
    throw badPlugin(path, `is a rule ${taken.name}, which watchkeeper has: rename it`)
  }
  for (const [key, each] of fresh) known.set(key, each)
  const forget = (): void => {
    taken.forget()
    for (const key of fresh.keys()) known.delete(key)
    undo.splice(undo.indexOf(forget), 1)
  }
  undo.push(forget)
  return forget
}

/** Takes away every plugin of this process. A service that runs with one keeps what it has opened. */
export function forgetPlugins(): void {
  for (const each of undo.toReversed()) each()
}

/** The plugin of a kind and name; undefined where no file has brought it. */
export function pluginNamed<Kind extends PluginKind>(
  kind: Kind,
  name: string,
): Extract<Plugin, { readonly kind: Kind }> | undefined {
  return known.get(keyOf({ kind, name }))?.plugin as
    | Extract<Plugin, { readonly kind: Kind }>
    | undefined
}

/** The plugin that a file has brought. */
export const pluginFrom = (path: string): Plugin | undefined =>
  [...known.values()].find(each => each.path === path)?.plugin

/** Names of the plugins of a kind. */
export const namesOf = (kind: PluginKind): readonly string[] =>
  [...known.values()].flatMap(({ plugin }) => (plugin.kind === kind ? [plugin.name] : []))
