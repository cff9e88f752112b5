import { Session, type Runtime } from 'node:inspector'

/** Values that are objects of the program itself, and no part of a service. */
const OUTSIDE: readonly unknown[] = [globalThis, process]

/** A value of a part of a service. */
export type Value = string | number | boolean

/** A timer leads by these to all others of the process, also to those of a service that has ended. */
const TIMERS: ReadonlySet<string | symbol> = new Set(['_idleNext', '_idlePrev'])

/** Most objects on the way to a value: what lies deeper repeats what is above. */
const DEEPEST = 40

/** A configuration, or a copy of one with some sections replaced: reaching it says nothing of its use. */
const isConfig = (value: object): boolean =>
  ['gateway', 'holdings', 'health'].every(section => Object.hasOwn(value, section))

/**
 * Everything that the parts of a service hold, by the shortest way to it: found by following every property from
 * `root`. Of a configuration only sections that a part holds count, not the whole: a part that holds it may read
 * nothing of it. What functions have captured counts as well.
 */
export function arrivedIn(
  root: object,
  without: readonly unknown[] = [],
): ReadonlyMap<string, Value> {
  const captured = captures()
  const found = new Map<string, Value>()
  const seen = new Set<unknown>([...OUTSIDE, ...without])
  let left: [each: object, way: string, depth: number][] = [[root, '', 0]]
  while (left.length > 0) {
    const next: typeof left = []
    for (const [each, way, depth] of left) {
      if (seen.has(each) || ArrayBuffer.isView(each) || depth > DEEPEST) continue
      seen.add(each)
      if (isConfig(each)) continue
      const inside = typeof each === 'function' ? captured.of(each) : []
      for (const [name, value] of [...contentOf(each), ...inside]) {
        const place = `${way}.${name}`
        if (isObject(value)) next.push([value, place, depth + 1])
        else if (isValue(value)) found.set(place, value)
      }
    }
    left = next
  }
  captured.end()
  return found
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

const isValue = (value: unknown): value is Value =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** The values of an object's properties, and what it contains, each with a name; no getter is called. */
function contentOf(value: object): [name: string, value: unknown][] {
  const inside: [string, unknown][] =
    value instanceof Map
      ? [...value].flatMap(([key, each], index): [string, unknown][] => [
          [`key ${index}`, key],
          [`at ${index}`, each],
        ])
      : value instanceof Set
        ? [...value].map((each, index): [string, unknown] => [`item ${index}`, each])
        : []
  const properties = Reflect.ownKeys(value)
    .filter(key => !TIMERS.has(key))
    .map((key): [string, unknown] => [
      String(key),
      Reflect.getOwnPropertyDescriptor(value, key)?.value as unknown,
    ])
  return [...inside, ...properties]
}

/** Scopes of a function that belong to it, not to its file. */
const OWN_SCOPE = /^(?:Closure|Block)/

/** Files whose functions are parts of a service. */
const OURS = /\/(?:src|dist)\//

interface Captures {
  /** The variables that a function has captured. */
  of(value: object): [name: string, value: unknown][]
  end(): void
}

/** Reads captured variables as a debugger does. */
function captures(): Captures {
  const session = new Session()
  session.connect()
  const scripts = new Map<string, string>()
  /** Texts of functions that capture nothing, or are no part of a service. */
  const without = new Set<string>()
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => scripts.set(scriptId, url))
  session.post('Debugger.enable')
  const held: { value?: unknown } = {}
  const root = Symbol.for('watchkeeper.test.captured')
  Reflect.set(globalThis, root, held)
  const holder = 'globalThis[Symbol.for("watchkeeper.test.captured")]'
  return {
    of(value) {
      const text = Function.prototype.toString.call(value)
      if (without.has(text) || text.startsWith('class') || text.endsWith('{ [native code] }')) {
        return []
      }
      const found = variablesOf(value)
      if (found.length === 0) without.add(text)
      return found
    },
    end() {
      Reflect.deleteProperty(globalThis, root)
      session.disconnect()
    },
  }

  function variablesOf(value: object): [name: string, value: unknown][] {
    held.value = value
    const expression = `${holder}.value`
    const { result } = post('Runtime.evaluate', { expression }) as Runtime.EvaluateReturnType
    const internal = inside(result.objectId!).internalProperties ?? []
    const valueOf = (wanted: string) => internal.find(({ name }) => name === wanted)?.value
    const script = Object(valueOf('[[FunctionLocation]]')?.value) as { scriptId?: string }
    if (!OURS.test(scripts.get(script.scriptId ?? '') ?? '')) return []
    const scopes = valueOf('[[Scopes]]')
    const all = scopes === undefined ? [] : inside(scopes.objectId!).result
    const own = all.filter(each => OWN_SCOPE.test(each.value?.description ?? ''))
    const found = own.flatMap((each, index) =>
      Object.entries(objectOf(each.value!.objectId!)).map(([name, inner]): [string, unknown] => [
        `(${index}) ${name}`,
        inner,
      ]),
    )
    return found
  }

  /** A session of the own process answers at once. */
  function post(method: string, params: object): object {
    let answer: object = {}
    session.post(method, params, (error, given) => {
      if (error !== null) throw error
      answer = Object(given) as object
    })
    return answer
  }

  function inside(objectId: string): Runtime.GetPropertiesReturnType {
    const asked = { objectId, ownProperties: true }
    return post('Runtime.getProperties', asked) as Runtime.GetPropertiesReturnType
  }

  function objectOf(objectId: string): object {
    post('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: `function () { ${holder}.value = this }`,
    })
    return held.value as object
  }
}
