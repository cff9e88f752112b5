import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { secretsOf } from '../../src/app/secrets.ts'
import { serviceSchema } from '../../src/config/schema.ts'

describe('secretsOf', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-secrets-'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const found = (config: object): readonly string[] =>
    secretsOf(serviceSchema.parse({ positions: 'p.yaml', ...config }))

  it('finds the credentials of the API, the broker and every channel', () => {
    const url = 'https://hooks.example/secret-path'
    expect(
      found({
        http: { token: 'api-token-0123456789' },
        broker: { kind: 'http', url: 'https://bridge.example', token: 'broker-token' },
        notify: {
          heartbeat: { url: 'https://beat.example/ping-key' },
          channels: [
            {
              kind: 'webhook',
              url,
              headers: { authorization: 'Bearer of-the-hook' },
              secret: 'signs-each-request',
            },
            { kind: 'discord', url: 'https://discord.example/api/webhooks/x' },
            {
              kind: 'email',
              host: 'mail.example',
              user: 'u',
              password: 'of-the-mail',
              sender: 'a@mail.example',
              to: ['b@mail.example'],
            },
            { kind: 'slack', url: 'https://hooks.slack.example/services/x' },
            { kind: 'pagerduty', routingKey: 'routing-key' },
            { kind: 'telegram', token: 'bot-token', chatId: 5 },
          ],
        },
      }),
    ).to.have.members([
      'api-token-0123456789',
      'broker-token',
      'routing-key',
      'bot-token',
      url,
      'Bearer of-the-hook',
      'signs-each-request',
      'https://discord.example/api/webhooks/x',
      'of-the-mail',
      'https://hooks.slack.example/services/x',
      'https://beat.example/ping-key',
    ])
  })

  it('finds the key of a venue, in the environment and in each line of its file', () => {
    const account = { kind: 'binance', environment: 'demo' }
    const own = { key: 'api-key', secret: 'api-secret', passphrase: 'my own words' }
    expect(found({ broker: { ...account, ...own } })).to.have.members(Object.values(own))
    const keyFile = join(folder, 'key')
    writeFileSync(keyFile, 'key: of-the-file\nsecret: of-it-too\n')
    const broker = { ...account, keyFile }
    expect(found({ broker })).to.have.members(['of-the-file', 'of-it-too'])
  })

  it('finds what a file holds, and leaves an unreadable file to the code that needs it', () => {
    const tokenFile = join(folder, 'token')
    const broker = { kind: 'http', url: 'https://bridge.example', tokenFile }
    expect(found({ broker })).to.deep.equal([])
    writeFileSync(tokenFile, 'of-the-file\n')
    expect(found({ broker })).to.deep.equal(['of-the-file'])
  })
})
