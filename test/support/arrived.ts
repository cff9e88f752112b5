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
  const isNew = (each: object): boolean =>
    !seen.has(each) && !ArrayBuffer.isView(each) && seen.add(each).has(each)
  let left: (readonly [each: object, way: string])[] = [[root, '']]
  for (let depth = 0; depth <= DEEPEST && left.length > 0; depth++) {
    const here = left.filter(([each]) => isNew(each) && !isConfig(each))
    const variables = captured.of(here.map(([each]) => each))
    left = []
    for (const [index, [each, way]] of here.entries()) {
      for (const [name, value] of [...contentOf(each), ...(variables[index] ?? [])]) {
        const place = `${way}.${name}`
        if (isObject(value)) left.push([value, place])
        else if (isValue(value)) found.set(place, value)
      }
    }
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
    .map((key): [string, unknown] => [String(key), valueAt(value, key)])
  return [...inside, ...properties]
}

/** The value of a property; undefined for a getter, and for a variable of a scope that has no value yet. */
function valueAt(each: object, key: string | symbol): unknown {
  try {
    return Reflect.getOwnPropertyDescriptor(each, key)?.value
  } catch (error) {
    if (error instanceof ReferenceError) return undefined
    throw error
  }
}

/** Scopes of a function that belong to it, not to its file. */
const OWN_SCOPE = /^(?:Closure|Block)/

/** Files whose functions are parts of a service. */
const OURS = /\/(?:src|dist)\//

/** Addresses of the scripts of this process, by their ids. */
const scripts = new Map<string, string>()

type Variable = [name: string, value: unknown]

/** One scope of a function as the debugger describes it. */
interface Scope {
  readonly description: string
  readonly object: object
}

interface Captures {
  /** The variables that each of these values has captured; undefined for one that is no function of ours. */
  of(values: readonly object[]): (Variable[] | undefined)[]
  end(): void
}

/** Reads captured variables as a debugger does. A question costs more than its answer: most are of many functions. */
function captures(): Captures {
  const session = new Session()
  session.connect()
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => scripts.set(scriptId, url))
  /** Texts of functions that capture nothing, or are no part of a service. */
  const without = new Set<string>()
  const held: { value?: unknown } = {}
  const root = Symbol.for('watchkeeper.test.captured')
  Reflect.set(globalThis, root, held)
  const expression = 'globalThis[Symbol.for("watchkeeper.test.captured")]'
  const { result } = post('Runtime.evaluate', { expression }) as Runtime.EvaluateReturnType
  const holder = result.objectId!
  return {
    of(values) {
      const places = [...values.keys()].filter(place => mayCapture(values[place]!))
      const found = variablesOf(places.map(place => values[place]!))
      const all: (Variable[] | undefined)[] = []
      for (const [index, place] of places.entries()) {
        const variables = (all[place] = found[index]!)
        if (variables.length === 0) without.add(textOf(values[place]!))
      }
      return all
    },
    end() {
      Reflect.deleteProperty(globalThis, root)
      session.disconnect()
    },
  }

  function mayCapture(value: object): boolean {
    if (typeof value !== 'function') return false
    const text = textOf(value)
    return !without.has(text) && !text.startsWith('class') && !text.endsWith('{ [native code] }')
  }

  function variablesOf(values: readonly object[]): Variable[][] {
    if (values.length === 0) return []
    held.value = values
    const { result } = askHolder('function () { return this.value }')
    const listed = propertiesOf(result.objectId!).result.slice(0, values.length)
    const ids = listed.map(({ value }) => scopesOf(value!.objectId!))
    const known = ids.flatMap(objectId => (objectId === undefined ? [] : { objectId }))
    askHolder('function (...lists) { this.value = lists }', known)
    const lists = (held.value as ArrayLike<Scope>[]).values()
    return ids.map(id => (id === undefined ? [] : variablesIn(lists.next().value!)))
  }

  /** The id of the scopes of a function, if it is ours. */
  function scopesOf(id: string): string | undefined {
    const internal = propertiesOf(id).internalProperties ?? []
    const valueOf = (wanted: string) => internal.find(({ name }) => name === wanted)?.value
    const script = Object(valueOf('[[FunctionLocation]]')?.value) as { scriptId?: string }
    return OURS.test(urlOf(script.scriptId)) ? valueOf('[[Scopes]]')?.objectId : undefined
  }

  /** The debugger lists all scripts when it is enabled, which takes long: it is enabled for a new script only. */
  function urlOf(scriptId = ''): string {
    if (scriptId !== '' && !scripts.has(scriptId)) {
      post('Debugger.enable')
      post('Debugger.disable')
    }
    return scripts.get(scriptId) ?? ''
  }

  function propertiesOf(objectId: string): Runtime.GetPropertiesReturnType {
    const asked = { objectId, ownProperties: true }
    return post('Runtime.getProperties', asked) as Runtime.GetPropertiesReturnType
  }

  function askHolder(functionDeclaration: string, given: readonly object[] = []) {
    const asked = { objectId: holder, functionDeclaration, arguments: given }
    return post('Runtime.callFunctionOn', asked) as Runtime.CallFunctionOnReturnType
  }

  /** A session of the own process answers at once. */
  function post(method: string, params: object = {}): object {
    let answer: object = {}
    session.post(method, params, (error, given) => {
      if (error !== null) throw error
      answer = Object(given) as object
    })
    return answer
  }
}

const textOf = (value: object): string => Function.prototype.toString.call(value)

const variablesIn = (scopes: ArrayLike<Scope>): Variable[] =>
  Array.from(scopes)
    .filter(({ description }) => OWN_SCOPE.test(description))
    .flatMap((scope, index) =>
      Object.entries(scope).map(([name, value]): Variable => [`(${index}) ${name}`, value]),
    )
