/** Values that are objects of the program itself, and no part of a service. */
const OUTSIDE: readonly unknown[] = [globalThis, process]

/** What parts of a service hold: numbers, and sections of its configuration by reference. */
export interface Arrived {
  has(value: number): boolean
  holds(section: unknown): boolean
}

/** A configuration, or a copy of one with some sections replaced: reaching it says nothing of its use. */
const isConfig = (value: object): boolean =>
  ['gateway', 'holdings', 'health'].every(section => Object.hasOwn(value, section))

/**
 * Everything that the parts of a service hold, found by following every property from `root`. A configuration as a
 * whole does not count: a part that holds it may read nothing of it. What functions alone have captured is not found.
 */
export function arrivedIn(root: object, config: object): Arrived {
  const sections = new Set<unknown>()
  sectionsOf(config, sections)
  const numbers = new Set<number>()
  const held = new Set<unknown>()
  const seen = new Set<unknown>(OUTSIDE)
  const left: object[] = [root]
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    if (seen.has(each) || ArrayBuffer.isView(each)) continue
    seen.add(each)
    if (isConfig(each)) sectionsOf(each, sections)
    if (isConfig(each) || sections.has(each)) continue
    for (const value of contentOf(each)) {
      if (typeof value === 'number') numbers.add(value)
      if (!isObject(value)) continue
      if (sections.has(value)) held.add(value)
      left.push(value)
    }
  }
  return { has: value => numbers.has(value), holds: section => held.has(section) }
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/** The configuration and all of its sections. */
function sectionsOf(value: unknown, into: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || into.has(value)) return
  into.add(value)
  for (const each of Object.values(value)) sectionsOf(each, into)
}

/** The values of an object's properties, and what it contains; no getter is called. */
function contentOf(value: object): unknown[] {
  const inside = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : []
  const properties = Reflect.ownKeys(value).map(
    key => Reflect.getOwnPropertyDescriptor(value, key)?.value as unknown,
  )
  return [...inside, ...properties]
}
