/** What a pure function has no use for. */
const SOURCES: readonly (readonly [name: string, of: object, key: string])[] = [
  ['Math.random', Math, 'random'],
  ['Date.now', Date, 'now'],
  ['performance.now', performance, 'now'],
  ['crypto.randomUUID', crypto, 'randomUUID'],
  ['crypto.getRandomValues', crypto, 'getRandomValues'],
  ['setTimeout', globalThis, 'setTimeout'],
  ['setInterval', globalThis, 'setInterval'],
  ['process.hrtime', process, 'hrtime'],
  ['fetch', globalThis, 'fetch'],
]

/**
 * Runs a function while clock, randomness and timers of this process note their use. Gives its result and
 * the first that was used; `new Date(time)` is no use of a clock, `new Date()` is. For a process of its own.
 */
export function ambientUse<Result>(run: () => Result): [Result, string | undefined] {
  let used: string | undefined
  const undo: (() => void)[] = []
  for (const [name, of, key] of SOURCES) {
    const holder = of as Record<string, unknown>
    const own = Object.getOwnPropertyDescriptor(holder, key)
    const real = holder[key] as (...given: unknown[]) => unknown
    const noted = (...given: unknown[]): unknown => {
      used ??= name
      return real.apply(of, given)
    }
    Object.defineProperty(holder, key, { value: noted, configurable: true, writable: true })
    undo.push(() => {
      if (own === undefined) delete holder[key]
      else Object.defineProperty(holder, key, own)
    })
  }
  const RealDate = globalThis.Date
  globalThis.Date = new Proxy(RealDate, {
    construct(target, given: unknown[], made) {
      if (given.length === 0) used ??= 'new Date()'
      return Reflect.construct(target, given, made) as object
    },
    apply(target, self, given) {
      used ??= 'Date()'
      return Reflect.apply(target, self, given) as string
    },
  })
  undo.push(() => (globalThis.Date = RealDate))
  try {
    return [run(), used]
  } finally {
    for (const each of undo.toReversed()) each()
  }
}
