import { expect } from 'chai'
import { WatchkeeperError } from '../../src/errors.ts'
import { examinePlugin, loadPlugins } from '../../src/plugins/load.ts'
import { pluginNamed } from '../../src/plugins/table.ts'
import { compileRuleSet } from '../../src/risk/rule-set.ts'
import { RULES } from '../../src/risk/rules/registry.ts'
import { examinedByBundle } from '../support/bundled-examiner.ts'
import { Folder } from '../support/cli.ts'

/** Short, since a plugin that blocks does not come to an end. */
const OPTIONS = { seed: 1, cases: 200, deadlineMs: 20_000 }

/** A rule whose levels are an expression of `side`, `best` and `now`. */
const rule = (levels: string, before = ''): string => `${before}
export default {
  kind: 'rule', name: 'mine',
  arm({ side, entryPrice }, best, now) { const sign = side === 'long' ? 1 : -1; return ${levels} },
}`

/** What is wrong with a plugin, by its text, and the part of the error that says it. */
const REFUSED: readonly (readonly [title: string, text: string, why: RegExp])[] = [
  [
    'that throws at its import',
    `throw new Error('no licence')`,
    /throws at its import: no licence/,
  ],
  ['that is no JavaScript', `export default {`, /throws at its import: Unexpected/],
  ['that ends the process', `process.exit(3)`, /ends the process that imports it, with 3/],
  ['that leaves a timer', rule('{}', 'setInterval(() => {}, 1000)'), /leaves a timer behind/],
  [
    'a rule that loosens',
    rule('{ stop: entryPrice - sign * Math.abs(best - entryPrice) - 1 * sign }'),
    /does not hold that it never loosens.*from 99 to 98 from the best price 100 to 101/,
  ],
]

describe('a plugin', () => {
  examinedByBundle()
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  const refusal = async (...paths: string[]): Promise<WatchkeeperError> => {
    const error: unknown = await loadPlugins(paths, OPTIONS).then(
      () => expect.fail('it was loaded'),
      (each: unknown) => each,
    )
    expect(error).to.be.instanceOf(WatchkeeperError)
    return error as WatchkeeperError
  }

  for (const [title, text, why] of REFUSED) {
    it(`${title} is refused, by its path and with the reason`, async () => {
      const path = folder.file('mine.mjs', text)
      const { code, message } = await refusal(path)
      expect(code).to.equal('BAD_PLUGIN')
      expect(message.startsWith(`${path}: `), message).to.equal(true)
      expect(message).to.match(why)
    })
  }

  it('that blocks at its import is refused, and blocks nothing else', async () => {
    const path = folder.file('mine.mjs', 'for (;;) {}')
    const error: unknown = await examinePlugin(path, { ...OPTIONS, deadlineMs: 2_000 }).catch(
      (each: unknown) => each,
    )
    expect(error).to.have.property('message', `${path}: blocks: it was not examined within 2 s`)
  })

  it('that is not there is refused', async () => {
    expect((await refusal('/none/mine.mjs')).message).to.equal(
      '/none/mine.mjs: found no file here, expected the module of a plugin',
    )
  })

  it('that is sound is not half applied where another one is refused', async () => {
    const sound = folder.file('sound.mjs', rule('{ stop: best - sign }'))
    const bad = folder.file('bad.mjs', 'throw 1')
    await refusal(sound, bad)
    expect(pluginNamed('rule', 'mine')).to.equal(undefined)
    expect(compileRuleSet({ mine: {} }).faults).to.have.length(1)
  })

  it('brings a rule whose throw while it runs is a rule error', async () => {
    const path = folder.file('late.mjs', rule('best === 7 ? null.x : { stop: best - sign }'))
    const forget = await loadPlugins([path], OPTIONS)
    try {
      const [late] = compileRuleSet({ mine: {} }).ruleSet!.rules
      if (late?.kind !== 'levels') return expect.fail('no levels')
      expect(late.reason).to.equal('custom')
      const position = { side: 'long', entryPrice: 5 } as Parameters<typeof late.arm>[0]
      expect(late.arm(position, 6, 0)).to.deep.equal({ stop: 5 })
      expect(() => late.arm(position, 7, 0)).to.throw()
    } finally {
      forget()
    }
    expect(RULES.map(({ name }) => name)).to.not.include('mine')
  })
})
