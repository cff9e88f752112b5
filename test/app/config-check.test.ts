import { expect } from 'chai'
import { checkConfig } from '../../src/app/config-check.ts'
import { serviceSchema, type ServiceConfig } from '../../src/config/schema.ts'
import type { InputError } from '../../src/errors.ts'
import { Folder } from '../support/cli.ts'

const configOf = (style: object, styles: readonly string[]) =>
  serviceSchema.parse({
    positions: 'positions.yaml',
    broker: {
      kind: 'http',
      url: 'http://127.0.0.1:9',
      token: 'a-test-token-0123456',
      capabilities: { dedupe: 'always', styles },
    },
    exits: { style },
    feed: { kind: 'poll' },
  })

describe('checkConfig', () => {
  const limit = { kind: 'marketable-limit', bandPct: 1, escalateMs: 1_000 }

  it('warns about a style of exits that the venue does not support', () => {
    const lacks = (kind: string) => [
      `exits.style: broker.capabilities.styles lacks ${kind}: exits take what it has`,
    ]
    expect(checkConfig(configOf(limit, ['market']))).to.deep.equal(lacks('marketable-limit'))
    const market = { kind: 'market' }
    expect(checkConfig(configOf(market, ['marketable-limit']))).to.deep.equal(lacks('market'))
  })

  it('does not warn where the venue supports the style', () => {
    expect(checkConfig(configOf(limit, ['market', 'marketable-limit']))).to.deep.equal([])
  })

  it('warns about a token that is over', () => {
    const market = configOf({ kind: 'market' }, ['market'])
    const endingAt = (tokenExpiresAt: string) =>
      checkConfig({ ...market, broker: { ...market.broker, tokenExpiresAt } } as ServiceConfig)
    expect(endingAt('2026-01-02T03:04:05+01:00')).to.deep.equal([
      'broker.tokenExpiresAt: the token ended at 2026-01-02T03:04:05+01:00',
    ])
    expect(endingAt('2999-01-02T03:04:05Z')).to.deep.equal([])
  })

  const faultsOf = (given: object): readonly [string | undefined, string][] => {
    try {
      checkConfig(serviceSchema.parse(given))
    } catch (error) {
      return (error as InputError).faults.map(({ code, path }) => [code, path])
    }
    return []
  }

  it('finds every reason why a service cannot start, at once', () => {
    const http = { kind: 'http', url: 'http://127.0.0.1:9', token: 'a-test-token-0123456' }
    const faults = faultsOf({
      dataFolder: import.meta.filename,
      http: { host: '0.0.0.0' },
      broker: { ...http, capabilities: { dedupe: 'never', lookup: 'none', reduceOnly: false } },
    })
    expect(faults).to.deep.equal([
      ['UNPROVABLE', 'broker.capabilities'],
      ['SIMULATED_PRICES', 'feed.kind'],
      ['TOKEN_REQUIRED', 'http.token'],
      ['NOT_A_FOLDER', 'dataFolder'],
    ])
    expect(faultsOf({ http: { hosts: ['guard.example'] } })).to.deep.equal([
      ['TOKEN_REQUIRED', 'http.token'],
    ])
    const tokens = [{ name: 'a', role: 'read', token: 'sixteen letters!' }]
    expect(faultsOf({ http: { hosts: ['guard.example'], tokens } })).to.deep.equal([])
    expect(faultsOf({ feed: { kind: 'poll' } })).to.deep.equal([['NO_PRICES', 'feed.kind']])
  })

  it('names files and programs that are not there, and goes on', () => {
    const folder = new Folder()
    const given = serviceSchema.parse({
      http: {
        tokens: [
          { name: 'a', role: 'read', tokenFile: `${folder.path}/none` },
          { name: 'b', role: 'read', tokenFile: folder.file('empty', '\n') },
          { name: 'c', role: 'read', tokenFile: folder.file('there', 'x'.repeat(20)) },
        ],
        hooks: [
          {
            name: 'h',
            kind: 'freqtrade',
            secretFile: `${folder.path}/none`,
            api: { url: 'http://127.0.0.1:1', user: 'u', passwordFile: `${folder.path}/no` },
          },
        ],
      },
      broker: {
        kind: 'http',
        url: 'https://broker.example',
        tokenFile: `${folder.path}/none`,
        capabilities: { dedupe: 'always', lookup: 'complete', reduceOnly: true },
      },
      feed: { acceptSimulated: true },
      store: {
        kind: 'redis',
        redis: { url: 'redis://127.0.0.1:1', passwordFile: `${folder.path}/none` },
      },
      notify: { channels: [{ kind: 'slack', urlFile: `${folder.path}/none` }] },
      advisors: [
        { name: 'x', command: ['no-such-program'] },
        { name: 'y', command: [folder.file('not-executable', '')] },
        { name: 'z', command: ['node'] },
      ],
    })
    try {
      expect(checkConfig(given)).to.deep.equal([
        'feed.kind: prices are invented, and the account is not',
        `broker.tokenFile: ${folder.path}/none cannot be read (ENOENT)`,
        `store.redis.passwordFile: ${folder.path}/none cannot be read (ENOENT)`,
        `http.tokens.0.tokenFile: ${folder.path}/none cannot be read (ENOENT)`,
        `http.tokens.1.tokenFile: ${folder.path}/empty is empty`,
        `http.hooks.0.secretFile: ${folder.path}/none cannot be read (ENOENT)`,
        `http.hooks.0.api.passwordFile: ${folder.path}/no cannot be read (ENOENT)`,
        `notify.channels.0.urlFile: ${folder.path}/none cannot be read (ENOENT)`,
        'advisors.0.command: no-such-program is no program that can be run here',
        `advisors.1.command: ${folder.path}/not-executable is no program that can be run here`,
      ])
    } finally {
      folder.remove()
    }
  })

  it('finds nothing wrong with the defaults', () => {
    expect(faultsOf({})).to.deep.equal([])
  })
})
