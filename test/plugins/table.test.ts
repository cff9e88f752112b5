import { expect } from 'chai'
import type { WatchkeeperError } from '../../src/errors.ts'
import type { Plugin } from '../../src/plugins/plugin.ts'
import { forgetPlugins, pluginNamed, register } from '../../src/plugins/table.ts'
import { RULES } from '../../src/risk/rules/registry.ts'

const aRule = (name: string): Plugin => ({ kind: 'rule', name, arm: () => ({}) })

describe('the table of plugins', () => {
  afterEach(() => forgetPlugins())

  const refusal = (...plugins: readonly Plugin[]): string => {
    try {
      register(plugins.map((plugin, index) => ({ path: `/${index}.mjs`, plugin })))
      return expect.fail('they were registered')
    } catch (error) {
      expect(error).to.have.property('code', 'BAD_PLUGIN')
      return (error as WatchkeeperError).message
    }
  }

  it('refuses a rule with the name of one of ours, and registers nothing', () => {
    const before = RULES.length
    expect(refusal(aRule('mine'), aRule('stopLoss'))).to.equal(
      '/1.mjs: is a rule stopLoss, which watchkeeper has: rename it',
    )
    expect(RULES).to.have.length(before)
    expect(pluginNamed('rule', 'mine')).to.equal(undefined)
  })

  it('refuses two plugins of one kind and name, and registers neither', () => {
    const before = RULES.length
    expect(refusal(aRule('mine'), aRule('mine'))).to.equal(
      '/1.mjs: is a rule mine, as /0.mjs is: rename one of them',
    )
    expect(RULES).to.have.length(before)
  })

  it('accepts the same plugin twice, and forgets it once', () => {
    const before = RULES.length
    const plugin = aRule('mine')
    const forget = register([{ path: '/0.mjs', plugin }])
    register([{ path: '/0.mjs', plugin }])
    expect(pluginNamed('rule', 'mine')).to.equal(plugin)
    forget()
    expect(pluginNamed('rule', 'mine')).to.equal(undefined)
    expect(RULES).to.have.length(before)
  })
})
