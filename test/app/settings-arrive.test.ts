import { join } from 'node:path'
import { expect } from 'chai'
import type { Service } from '../../src/app/service.ts'
import { serviceSchema, type ServiceConfig } from '../../src/config/schema.ts'
import { arrivedIn } from '../support/arrived.ts'
import { Folder } from '../support/cli.ts'
import { startService } from '../support/start-service.ts'

/** Numbers that no part of a service that runs has, each with what uses it instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'http.hookMs': 'the handler of hooks has captured it: test/http/routes/hooks.test.ts',
  'http.failedTokens.withinMs': 'the access check has captured it: test/http/access/access.test.ts',
  'http.idempotency.keepMs': 'the server has captured it: test/http/idempotency.test.ts',
  'http.idempotency.keys': 'the server has captured it: test/http/idempotency.test.ts',
  'http.requestMs': 'the server has captured it: test/http/connections.test.ts',
  'http.events.drainMs':
    'the handler of the stream has captured it: test/http/routes/events.test.ts',
  'http.view.frameMs': 'no client follows the view: test/http/view/broadcast.test.ts',
  'http.view.lingerMs': 'no client follows the view: test/http/view/broadcast.test.ts',
  'gateway.throttle.startRate': 'a paper account has no rate limit: test/app/build.test.ts',
  'stop.deadlineMs': 'it is read at the end: test/cli/stopping.test.ts',
  'health.exitOverdueMs': 'each cycle reads it: test/app/health.test.ts',
}
/** Numbers that have one value only, or none but the default beside the other settings. */
const FIXED = /^http\.port$|^portfolio\.dayStart\.minutes$|\.window\.threshold$/

type Tree = Record<string, unknown>

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null

/** The paths of all numbers in a configuration. */
const numbersIn = (tree: Tree, path: readonly string[] = []): string[][] =>
  Object.entries(tree).flatMap(([name, value]) => {
    if (typeof value === 'number') return [[...path, name]]
    return isTree(value) ? numbersIn(value, [...path, name]) : []
  })

const at = (tree: object, path: readonly string[]): unknown =>
  path.reduce<unknown>((found, name) => (isTree(found) ? found[name] : undefined), tree)

function put(tree: Tree, path: readonly string[], value: number): void {
  let section = tree
  for (const name of path.slice(0, -1)) section = (section[name] ??= {}) as Tree
  section[path.at(-1)!] = value
}

/** Gives each number a value of its own that the schema takes. Returns the values by their paths. */
function makeDistinct(given: Tree): Map<string, number> {
  const defaults = serviceSchema.parse(given)
  const values = new Map<string, number>()
  const used = new Set<number>()
  for (const path of numbersIn(defaults)) {
    if (FIXED.test(path.join('.'))) continue
    const value = candidates(at(defaults, path) as number).find(each => {
      const trial = structuredClone(given)
      put(trial, path, each)
      return !used.has(each) && serviceSchema.safeParse(trial).success
    })
    if (value === undefined) throw new Error(`no other value for ${path.join('.')}`)
    put(given, path, value)
    values.set(path.join('.'), value)
    used.add(value)
  }
  return values
}

/** Values near a default, integers first; few other numbers of a program are like them. */
const candidates = (value: number): number[] =>
  Array.from({ length: 400 }, (_, index) => index + 37).flatMap(step =>
    [step, -step, step / 1_000, -step / 1_000].map(each => Number((value + each).toFixed(6))),
  )

describe('the numbers of a configuration', () => {
  let folder: Folder
  let service: Service
  let config: ServiceConfig
  let values: Map<string, number>

  before(async () => {
    folder = new Folder()
    const url = 'http://127.0.0.1:9/hook'
    const given: Tree = {
      dataFolder: join(folder.path, 'data'),
      http: { port: 0 },
      massExit: { max: 7 },
      feed: { maxJumpPct: 10 },
      portfolio: { limits: [{ name: 'all', maxLoss: 100 }] },
      holdings: { adopt: 'rules', defaultRules: { stopLoss: { pct: 50 } }, instruments: ['*'] },
      notify: { channels: [{ kind: 'webhook', url }], heartbeat: { url } },
    }
    values = makeDistinct(given)
    ;({ service, config } = await startService(given))
  })

  after(async () => {
    await service.stop()
    folder.remove()
  })

  it('arrive each at a part of the service that it opens, which no default takes the place of', () => {
    const arrived = arrivedIn(service, config)
    const lost = [...values].filter(([path, value]) => {
      const names = path.split('.')
      const sections = names.slice(1).map((_, index) => names.slice(0, index + 1))
      const isHeld = sections.some(each => arrived.holds(at(config, each)))
      return !arrived.has(value) && !isHeld
    })
    expect(lost.map(([path]) => path).toSorted()).to.deep.equal(Object.keys(ELSEWHERE).toSorted())
    expect(values.size).to.be.above(100)
  })
})
