import { expect } from 'chai'
import { LOG_LEVELS } from '../../src/ports/log.ts'
import { Folder } from '../support/cli.ts'
import { RunningService } from '../support/kill.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'

const POSITION = { id: 'a', instrument: 'BTCUSD', side: 'long', quantity: 1, entryPrice: 92_400 }
const RULES = { trailingStop: { distancePct: 0.02 } }

describe('watchkeeper run with log.format json', () => {
  let folder: Folder
  let service: RunningService

  beforeEach(() => (folder = new Folder()))
  afterEach(async () => {
    await service.end('SIGKILL')
    folder.remove()
  })

  const run = (config: object): RunningService => {
    const positions = JSON.stringify({ positions: [{ ...POSITION, rules: RULES }] })
    folder.file('p.json', positions)
    const file = folder.file('c.json', JSON.stringify({ log: { format: 'json' }, ...config }))
    return (service = new RunningService(['--config', file, '--port', '0']))
  }

  const lines = (): Record<string, unknown>[] =>
    service.lines
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Record<string, unknown>)

  it('prints only objects with a level, a time and a kind, from start to end', async () => {
    run({ positions: 'p.json', dataFolder: 'data' })
    await service.printed(line => line.includes('"exit-filled"'))
    expect(await service.end('SIGTERM')).to.equal(0)
    for (const line of lines()) {
      expect(LOG_LEVELS).to.include(line['level'])
      expect(Date.parse(String(line['ts']))).to.be.greaterThan(0)
      expect(line['kind']).to.be.a('string')
    }
    const kinds = lines().map(({ kind }) => kind)
    expect(kinds).to.include.members(['service-started', 'service-stopping', 'service-stopped'])
  }).timeout(180_000)

  it('reports in the same format why it could not start, with code 2 for its configuration', async () => {
    run({ positions: 'p.json', feed: { kind: 'poll' }, dataFolder: 'data' })
    expect(await service.ended()).to.equal(2)
    const [line] = lines()
    expect(line).to.include({ level: 'error', kind: 'service-failed', code: 'BAD_INPUT' })
    expect(line!['message']).to.match(/NO_PRICES/)
  })

  needing('redis-server').it('prints a warning of the Redis client as an object', async () => {
    const redis = await RedisServer.start()
    try {
      await redis.ask(['acl', 'setuser', 'default', '-info'])
      run({ feed: { kind: 'redis', redis: { url: redis.url } }, dataFolder: 'data' })
      await service.printed(line => line.includes('INFO command fails'))
      await service.printed(line => line.includes('"service-started"'))
      expect(await service.end('SIGTERM')).to.equal(0)
      const warning = lines().find(({ kind }) => kind === 'library-warning')
      expect(warning).to.include({ level: 'warn', component: 'service' })
      expect(warning!['message']).to.match(/INFO command fails/)
    } finally {
      await redis.close()
    }
  })
})
