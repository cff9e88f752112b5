import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { soundPlugin } from '../../src/plugins/examination.ts'
import { Folder } from '../support/cli.ts'

const EXAMPLES = new URL('../../examples/plugins/', import.meta.url).pathname

/** A rule whose levels are an expression of `side`, `best` and `now`. */
const rule = (levels: string, before = ''): string => `${before}
export default {
  kind: 'rule', name: 'mine',
  arm({ side, entryPrice }, best, now) { const sign = side === 'long' ? 1 : -1; return ${levels} },
}`

/** What is wrong with a plugin, by its text, and the part of the error that says it. */
const REFUSED: readonly (readonly [title: string, text: string, why: RegExp])[] = [
  ['a plugin that exports nothing', `export const x = 1`, /exports no plugin/],
  [
    'a plugin of an unknown kind',
    `export default { kind: 'exit', name: 'x' }`,
    /the kind "exit", expected one/,
  ],
  [
    'a plugin without a name',
    `export default { kind: 'rule', arm() {} }`,
    /has the name undefined/,
  ],
  [
    'a plugin without its function',
    `export default { kind: 'rule', name: 'x' }`,
    /has no function arm/,
  ],
  [
    'a plugin whose options are no schema',
    `export default { kind: 'rule', name: 'x', options: () => 7, arm() {} }`,
    /make no schema/,
  ],
  [
    'a broker that states no capabilities',
    `export default { kind: 'broker', name: 'x', open() {} }`,
    /no capabilities/,
  ],
  [
    'a rule whose level is not a number',
    rule('{ stop: NaN }'),
    /gives stop NaN, expected a finite number/,
  ],
  ['a rule with an unknown level', rule('{ stopp: 1 }'), /gives the unknown level stopp/],
  ['a rule that gives nothing', rule('undefined'), /gives undefined in place of levels/],
  ['a rule that throws', rule('null.x'), /Cannot read properties of null/],
  [
    'a rule that loosens',
    rule('{ stop: entryPrice - sign * Math.abs(best - entryPrice) - 1 * sign }'),
    /does not hold that it never loosens.*from 99 to 98 from the best price 100 to 101/,
  ],
  [
    'a rule that takes a stop away',
    rule('sign * best > sign * entryPrice * 1.01 ? {} : { stop: best - sign }'),
    /never loosens.*to none/,
  ],
  ['a rule that forgets the side', rule('{ stop: best * 0.9 }'), /mirrored for a short/],
  ['a rule with a hidden clock', rule('{ exitAt: Date.now() }'), /is not pure.*Date\.now/],
  [
    'a rule with chance',
    rule('{ stop: best - sign * (1 + Math.random()) }'),
    /is not pure.*Math\.random/,
  ],
  [
    'a rule that remembers',
    `let asked = 0;${rule('{ stop: entryPrice * (1 - sign * 0.5) - sign * (asked++ % 2) }')}`,
    /is pure: the same question has the same answer|never loosens/,
  ],
  [
    'a rule that changes with time unannounced',
    rule('{ stop: entryPrice / 2 + sign * (now % 7) * 1e-6 }'),
    /changes by time alone|mirrored|never/,
  ],
  [
    'a rule that hides where it activates',
    rule('sign * best > sign * entryPrice ? { stop: entryPrice } : {}'),
    /as ratchet/,
  ],
  [
    'a rule with an example that its schema refuses',
    `export default { kind: 'rule', name: 'x', options: z => z.strictObject({ a: z.number() }), arm: () => ({}) }`,
    /its own schema refuses/,
  ],
]

describe('the examination of a plugin', () => {
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  const examined = async (text: string, cases = 200) => {
    const path = folder.file('mine.mjs', text)
    const module: unknown = await import(pathToFileURL(path).href)
    return soundPlugin(module, { path, seed: 1, cases })
  }

  for (const [title, text, why] of REFUSED) {
    it(`refuses ${title}, by its path and with the reason`, async () => {
      const error: unknown = await examined(text).catch((each: unknown) => each)
      expect(error).to.have.property('code', 'BAD_PLUGIN')
      const { message } = error as Error
      expect(message.startsWith(`${folder.path}/mine.mjs: `), message).to.equal(true)
      expect(message).to.match(why)
    })
  }

  it('refuses a slow rule', async () => {
    const slow = rule('(Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1), {})')
    const error: unknown = await examined(slow, 20).catch((each: unknown) => each)
    expect((error as Error).message).to.match(/is slow/)
  })

  for (const name of ['give-back', 'hook-channel', 'memory-broker', 'file-feed']) {
    it(`accepts the example ${name}`, async () => {
      const path = `${EXAMPLES}${name}.mjs`
      const module: unknown = await import(pathToFileURL(path).href)
      expect(soundPlugin(module, { path, seed: 1, cases: 200 }).name).to.match(/^[a-z]/)
    })
  }

  it('accepts a rule that keeps every property', async () => {
    expect(await examined(rule('{ stop: best - sign }'))).to.include({ kind: 'rule', name: 'mine' })
  })
})
