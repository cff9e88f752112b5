import { expect } from 'chai'
import type { Call } from '../../src/http/operation.ts'
import { operations, type Handled } from '../support/api-operations.ts'

/** An object, and the names that are read of it. */
function recorded<T extends object>(given: T): readonly [T, Set<string>] {
  const read = new Set<string>()
  const note = (key: string | symbol): void => void (typeof key === 'string' && read.add(key))
  const proxy = new Proxy(given, {
    get: (target, key) => (note(key), Reflect.get(target, key) as unknown),
    getOwnPropertyDescriptor: (target, key) => {
      note(key)
      return Reflect.getOwnPropertyDescriptor(target, key)
    },
  })
  return [proxy, read]
}

/** Values of parameters without which a handler takes long; the others are absent. */
const VALUES: Readonly<Record<string, unknown>> = { seconds: 0.001 }

/** The names that a handler reads of the query and of the path, whatever it answers. */
async function readBy({
  operation,
  handler,
}: Handled): Promise<{ query: string[]; path: string[] }> {
  const given = Object.keys(operation.query?.shape ?? {}).map(name => [name, VALUES[name]])
  const [query, queried] = recorded(Object.fromEntries(given) as Record<string, unknown>)
  const [params, named] = recorded<Record<string, string>>({})
  const socket = { remoteAddress: '127.0.0.1' }
  const request = { params, body: {}, originalUrl: '/', headers: {}, get: () => undefined, socket }
  const call = { request, response: {}, query } as unknown as Call
  await Promise.resolve()
    .then(() => handler(call))
    .catch(() => undefined)
  return { query: [...queried].toSorted(), path: [...named].toSorted() }
}

/** Each handler runs, with a request that records what is read of its query and its path. The API document shows the same operations. */
describe('the parameters of each operation', () => {
  for (const each of operations()) {
    const { method, path, query } = each.operation
    it(`are read: ${method} ${path}`, async () => {
      expect(await readBy(each)).to.deep.equal({
        query: Object.keys(query?.shape ?? {}).toSorted(),
        path: [...path.matchAll(/:(\w+)/g)].map(([, name]) => name).toSorted(),
      })
    })
  }
})
