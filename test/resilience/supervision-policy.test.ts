import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse } from 'yaml'
import { DEFAULT_SUPERVISION, supervisionSchema } from '../../src/resilience/supervision-policy.ts'

describe('supervisionSchema', () => {
  const pathsOf = (given: unknown): string[] =>
    supervisionSchema.safeParse(given).error?.issues.map(({ path }) => path.join('.')) ?? []

  it('refuses to continue without a gateway, and unknown settings', () => {
    expect(pathsOf({ gateway: { onGiveUp: 'quarantine' } })).to.deep.equal(['gateway.onGiveUp'])
    for (const kind of ['gateway', 'reconciler', 'portfolio', 'caretaker']) {
      expect(pathsOf({ [kind]: { handlerDeadlineMs: 1 } })).to.deep.equal([kind])
    }
    expect(pathsOf({ exitOnBlockedMs: 10 })).to.deep.equal(['exitOnBlockedMs'])
    expect(pathsOf({ monitor: { backoff: { initialMs: 9, maxMs: 8 } } })).to.have.length(1)
  })

  it('has the defaults that the shipped configuration shows', () => {
    const file = new URL('../../config/default.yaml', import.meta.url)
    const { supervision } = parse(readFileSync(file, 'utf8')) as { supervision: unknown }
    expect(supervisionSchema.parse(supervision)).to.deep.equal(DEFAULT_SUPERVISION)
  })
})
