import type { CycleCount, Telemetry } from '../ports/telemetry.ts'

/**
 * The same part, with each call of the named methods counted where it is made. Everything else goes
 * through untouched, also fields that change.
 */
export function counted<Part extends object>(
  part: Part,
  methods: readonly (keyof Part & string)[],
  { telemetry, name }: { readonly telemetry: Telemetry; readonly name: CycleCount },
): Part {
  const wanted = new Set<string | symbol>(methods)
  return new Proxy(part, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      const method = value as (...args: unknown[]) => unknown
      if (!wanted.has(key)) return method.bind(target)
      return (...args: unknown[]) => {
        telemetry.count(name)
        return method.apply(target, args)
      }
    },
  })
}
