/** What was done with one value of a configuration: read by its name, or copied along with its neighbours. */
export type Use = 'read' | 'copied'

/**
 * A view of a configuration that records which values are used. Reading a value by its name counts as
 * `read`; a spread of its section counts as `copied`, because the copy may leave it unused.
 */
export function recorded<Config extends object>(
  config: Config,
): { readonly config: Config; readonly uses: ReadonlyMap<string, Use> } {
  const uses = new Map<string, Use>()
  const note = (path: string, use: Use): void => {
    if (uses.get(path) !== 'read') uses.set(path, use)
  }
  const views = new WeakMap<object, object>()

  function view(each: object, path: string): object {
    const known = views.get(each)
    if (known !== undefined) return known
    const isList = Array.isArray(each)
    /**
     * The last key whose descriptor was read: a spread does that right before it reads the value.
     */
    let spreading: PropertyKey | undefined
    const made = new Proxy(each, {
      getOwnPropertyDescriptor(target, key) {
        spreading = key
        return Reflect.getOwnPropertyDescriptor(target, key)
      },
      get(target, key, receiver) {
        const value: unknown = Reflect.get(target, key, receiver)
        if (typeof key === 'symbol') return value
        const isCopy = spreading === key
        spreading = undefined
        if (isList && !/^\d+$/.test(key)) return value
        const own = isList ? `${path}[]` : path === '' ? key : `${path}.${key}`
        note(own, isCopy ? 'copied' : 'read')
        return isPlain(value) ? view(value, own) : value
      },
    })
    views.set(each, made)
    return made
  }

  return { config: view(config, '') as Config, uses }
}

/** Objects of classes have private fields, which no proxy forwards. */
const isPlain = (value: unknown): value is object =>
  Array.isArray(value) ||
  (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
