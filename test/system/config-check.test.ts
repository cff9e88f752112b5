import { expect } from 'chai'
import { serviceSchema } from '../../src/config/schema.ts'
import { checkConfig } from '../../src/system/config-check.ts'

const configOf = (style: object, styles: readonly string[]) =>
  serviceSchema.parse({
    positions: 'positions.yaml',
    broker: {
      ...{ kind: 'http', url: 'http://127.0.0.1:9', token: 'a-test-token-0123456' },
      capabilities: { dedupe: 'always', styles },
    },
    exits: { style },
    feed: { kind: 'poll' },
  })

describe('checkConfig', () => {
  const limit = { kind: 'marketable-limit', bandPct: 1, escalateMs: 1_000 }

  it('warns of a style of exits that the venue does not take', () => {
    const lacks = (kind: string) => [
      `exits.style: broker.capabilities.styles lacks ${kind}: exits take what it has`,
    ]
    expect(checkConfig(configOf(limit, ['market']))).to.deep.equal(lacks('marketable-limit'))
    const market = { kind: 'market' }
    expect(checkConfig(configOf(market, ['marketable-limit']))).to.deep.equal(lacks('market'))
  })

  it('says nothing where the venue takes the style', () => {
    expect(checkConfig(configOf(limit, ['market', 'marketable-limit']))).to.deep.equal([])
  })
})
