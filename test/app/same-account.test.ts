import { expect } from 'chai'
import { sameAccountWarnings } from '../../src/app/same-account.ts'
import { serviceSchema } from '../../src/config/schema.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder } from '../support/cli.ts'

const HTTP = {
  kind: 'http',
  url: 'http://127.0.0.1:9',
  token: 'a-test-token-0123456',
  capabilities: { dedupe: 'always' },
}
const FOUND =
  'accounts acme, bolt: the same broker and key: each counts the whole holding as its own, and their exits together may sell more than is held'

describe('sameAccountWarnings', () => {
  const settings = (brokers: Readonly<Record<string, object>>): object => ({
    feed: { kind: 'poll' },
    accounts: Object.fromEntries(
      Object.entries(brokers).map(([name, broker]) => [name, { broker }]),
    ),
  })
  const warned = (brokers: Readonly<Record<string, object>>): readonly string[] =>
    sameAccountWarnings(serviceSchema.parse(settings(brokers)))

  it('names accounts of one broker and key, however they are called', () => {
    expect(warned({ acme: HTTP, bolt: { ...HTTP, callTimeoutMs: 900 } })).to.deep.equal([FOUND])
    const venue = { kind: 'binance', environment: 'testnet', keyFile: 'a.key' }
    expect(warned({ acme: venue, bolt: { ...venue } })).to.deep.equal([FOUND])
    expect(FOUND).not.to.contain(HTTP.token)
  })

  it('finds nothing in accounts of other keys, other brokers, or paper', () => {
    const paper = { kind: 'paper' }
    const other = { ...HTTP, token: 'another-token-0123456' }
    expect(
      warned({ acme: HTTP, bolt: other, cove: { ...HTTP, url: 'http://[::1]:9' } }),
    ).to.deep.equal([])
    expect(warned({ acme: paper, bolt: paper })).to.deep.equal([])
  })

  it('is a part of a check', async () => {
    const folder = new Folder()
    const config = folder.file('c.json', JSON.stringify(settings({ acme: HTTP, bolt: HTTP })))
    const { stderr } = await cliHere(['check', '--config', config])
    folder.remove()
    expect(stderr).to.contain(`warning: ${FOUND}\n`)
  })
})
