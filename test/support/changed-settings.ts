import { checkConfig } from '../../src/app/config-check.ts'
import type { ServiceConfig } from '../../src/config/schema.ts'
import { loadServiceConfig } from '../../src/config/service-file.ts'
import type { Value } from './arrived.ts'
import { settingsOf, type Setting } from './settings.ts'

/** Starts of a service, each with another half of the settings changed. */
export const RUNS = 8

/** One written value of a configuration, and another that it may have. */
export interface Changed {
  readonly path: readonly string[]
  /** Ids of its setting, and of the section of an account that it is in. */
  readonly ids: readonly string[]
  readonly base: Value
  readonly other: Value
  /** In which runs it is changed. Of settings with few values no other has this pattern or its opposite. */
  readonly inRuns: readonly boolean[]
  /**
   * Where it arrives: its values stand out and are searched for (`spelled`), or a place shows it that changes in the same
   * runs, whatever its values are (`any`) or without being a number (`choice`).
   */
  readonly shows: 'spelled' | 'choice' | 'any'
}

type Tree = Record<string, unknown>

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null

const { settings } = settingsOf()

/** The configuration as a program gives it that starts a service. */
export const configOf = (given: object): ServiceConfig =>
  loadServiceConfig({ file: undefined, settings: { ...given }, env: {}, overrides: {} })

function isValid(given: object): boolean {
  try {
    checkConfig(configOf(given), '')
    return true
  } catch {
    return false
  }
}

/** Sections whose settings an account may write. */
const OF_ACCOUNTS = ['broker', 'gateway', 'exits', 'holdings', 'massExit', 'portfolio']

/** The same configuration with every default written that it may have; of an account, in the sections that it writes. */
export const withDefaults = (given: object): object => filledWith(settings, given as Tree)

/** Writes the defaults of these settings: all at once if they are valid together, else those of each half. */
function filledWith(some: readonly Setting[], given: Tree): Tree {
  const [first, ...others] = some
  if (first === undefined) return given
  if (others.length === 0) {
    return openPlacesOf(first, given).reduce((filled, names) => {
      const trial = replaced(filled, names, first.fallback)
      return isValid(trial) ? trial : filled
    }, given)
  }
  const all = structuredClone(given)
  for (const each of some) {
    for (const names of openPlacesOf(each, all)) put(all, names, each.fallback)
  }
  if (isValid(all)) return all
  const half = some.length >> 1
  return filledWith(some.slice(half), filledWith(some.slice(0, half), given))
}

/** Where a default may be written. */
function openPlacesOf({ path, kind, fallback }: Setting, given: Tree): string[][] {
  if (fallback === undefined) return []
  const own = path.split(/\.|(?=\[\])/)
  // At the top they would be another account, and its feed.
  const isOfMain = 'accounts' in given && ['broker', 'feed'].includes(own[0]!)
  const ofAccounts = OF_ACCOUNTS.includes(own[0]!)
    ? placesOf(given, ['accounts', '<name>', ...own]).filter(
        names => at(given, names.slice(0, 3)) !== undefined,
      )
    : []
  return [...(isOfMain ? [] : placesOf(given, own)), ...ofAccounts].filter(
    names => at(given, names) === undefined && mayHave(kind, kindsAt(given, names)),
  )
}

/** The kinds of the sections on a path, where they have one. */
const kindsAt = (given: unknown, path: readonly string[]): unknown[] =>
  path
    .map((_, index) => at(given, [...path.slice(0, index), 'kind']))
    .filter(kind => kind !== undefined)

/** Whether sections of these kinds may have a setting of one kind. */
const mayHave = (kind: string | undefined, kinds: readonly unknown[]): boolean =>
  kind === undefined || kinds.length === 0 || kinds.includes(kind)

/** The paths in a configuration that a path of settings stands for: one for each element of a list or a map. */
function placesOf(tree: unknown, names: readonly string[]): string[][] {
  const [name, ...rest] = names
  if (name === undefined) return [[]]
  const keys = name === '[]' || name === '<name>' ? Object.keys(Object(tree) as Tree) : [name]
  return keys.flatMap(key => placesOf(at(tree, [key]), rest).map(place => [key, ...place]))
}

/**
 * Each written value of a configuration that may have another one, with that one and a pattern. `isFixed`: it stays as it is.
 */
export function changedSettings(
  given: object,
  isFixed: (path: string, id: string) => boolean,
): readonly Changed[] {
  configOf(given)
  let rare = 0
  let common = 0
  return leavesIn(given as Tree).flatMap((path): Changed[] => {
    const found = settingsAt(given, path)
    const [setting] = found
    if (setting === undefined || isFixed(path.join('.'), setting.id)) return []
    const base = at(given, path) as Value
    const shows = showsOf(base, setting)
    const other = othersOf(base, setting, common).find(
      each => mayBe(each, setting) && isValid(replaced(given as Tree, path, each)),
    )
    if (other === undefined) return []
    const pattern = shows === 'spelled' ? SHARED[common++ % SHARED.length] : OWN[rare++]
    if (pattern === undefined) throw new Error('more settings than patterns')
    return [{ path, ids: found.map(({ id }) => id), base, other, inRuns: pattern, shows }]
  })
}

/** Names in a list may be read as numbers, as days of the week are. */
function showsOf(base: Value, { json }: Setting): Changed['shows'] {
  if (typeof base === 'boolean' || json.enum !== undefined) return 'choice'
  const isNamed = choicesOf(json as Json).length > 0
  return isNamed || READ_AS_NUMBER.test(String(base)) ? 'any' : 'spelled'
}

/** The configuration of one run. */
export function givenIn(run: number, given: object, changed: readonly Changed[]): object {
  const all = structuredClone(given as Tree)
  for (const { path, other, inRuns } of changed) if (inRuns[run]) put(all, path, other)
  return all
}

/** Patterns that differ from each other and from each other's opposite, those first that change half of the runs. */
const PATTERNS: readonly (readonly boolean[])[] = Array.from(
  { length: 2 ** (RUNS - 1) - 1 },
  (_, index) => Array.from({ length: RUNS }, (_each, run) => ((index + 1) >> run) % 2 === 1),
).toSorted((one, two) => offHalf(one) - offHalf(two))

/** Those that settings share whose values stand out: many runs change one of them, and not another. */
const SHARED = PATTERNS.slice(0, 16)
const OWN = PATTERNS.slice(16)

function offHalf(pattern: readonly boolean[]): number {
  return Math.abs(pattern.filter(Boolean).length - RUNS / 2)
}

/** The paths of all values in a configuration. */
const leavesIn = (tree: Tree, path: readonly string[] = []): (readonly string[])[] =>
  Object.entries(tree).flatMap(([name, value]) =>
    isTree(value) ? leavesIn(value, [...path, name]) : [[...path, name]],
  )

const at = (tree: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((found, name) => (isTree(found) ? found[name] : undefined), tree)

function replaced(tree: Tree, path: readonly string[], value: unknown): Tree {
  const copy = structuredClone(tree)
  put(copy, path, value)
  return copy
}

function put(tree: Tree, path: readonly string[], value: unknown): void {
  let section = tree
  for (const name of path.slice(0, -1)) section = (section[name] ??= {}) as Tree
  section[path.at(-1)!] = structuredClone(value)
}

/** The settings at a written path: first the one of the section, then the account that the section is of. */
function settingsAt(given: object, path: readonly string[]): readonly Setting[] {
  const [top, , ...inside] = path
  const section = at(given, path.slice(0, 2))
  const moved =
    top === 'feeds'
      ? ownSettingAt({ feed: section }, ['feed', ...inside])
      : top === 'accounts' && ownSettingAt(section, inside)
  return [moved || undefined, ownSettingAt(given, path)].filter(each => each !== undefined)
}

function ownSettingAt(given: unknown, path: readonly string[]): Setting | undefined {
  const kinds = kindsAt(given, path)
  return settings.find(({ path: own, kind, json }) => {
    if (kind !== undefined && !kinds.includes(kind)) return false
    const names = own.replaceAll('[]', '.<name>').split('.')
    if (mayContain(json) ? path.length < names.length : path.length !== names.length) return false
    return names.every((name, index) => name === '<name>' || name === path[index])
  })
}

const mayContain = (json: Setting['json']): boolean =>
  json.type === 'object' || json.type === 'array' || json.anyOf !== undefined

/** Spares the check of a whole configuration where the setting alone excludes the value. */
const mayBe = (value: Value, { schema, json }: Setting): boolean =>
  mayContain(json) || schema.safeParse(value).success

interface Json {
  readonly enum?: readonly Value[]
  readonly items?: Json
  readonly additionalProperties?: Json
  readonly anyOf?: readonly Json[]
}

/** The values that a setting may have, where they are counted. */
const choicesOf = ({
  enum: all,
  items,
  additionalProperties,
  anyOf = [],
}: Json): readonly Value[] =>
  all ??
  [items, additionalProperties, ...anyOf].flatMap(each =>
    each === undefined ? [] : choicesOf(each),
  )

/** Values that a setting may have, other than this one; the first ones are unlike those of another `step`. */
function othersOf(base: Value, setting: Setting, step: number): readonly Value[] {
  if (typeof base === 'boolean') return [!base]
  if (typeof base === 'number') {
    return [base + step + 1, base - step - 1, base + (step + 1) / 1_000, base + 1, base / 2]
  }
  const digits = Array.from({ length: 10 }, (_, index) => base.replace(/\d$/, String(index)))
  return [...choicesOf(setting.json as Json), `${base}${step}`, ...digits, ...OTHERS].filter(
    each => each !== base,
  )
}

/** Times of day, dates and durations. */
const READ_AS_NUMBER = /^\d\d:\d\d$|^\d{4}-\d\d-\d\d|^\d+d$/

/** Values of settings whose text no change of a letter leaves valid. */
const OTHERS = ['Asia/Tokyo', '10.0.0.9', '80d', '2031-05-06T03:04:05Z', 'second', 'okx']
