import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { cliHere } from '../support/cli-here.ts'
import { watchkeeper } from '../support/cli.ts'
import { RunningService } from '../support/kill.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'

describe('the backup of a running service', function () {
  this.timeout(120_000)
  let folder: string
  let service: RunningService | undefined

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-backup-'))
  })

  afterEach(async () => {
    await service?.end('SIGKILL')
    service = undefined
    rmSync(folder, { recursive: true, force: true })
  })

  async function start(name: string, store: object): Promise<string> {
    const a = { id: 'a', instrument: 'X', side: 'long', quantity: 5, entryPrice: 100 }
    const positions = [{ ...a, rules: { stopLoss: { price: 1 } } }]
    const config = {
      dataFolder: join(folder, name),
      cycleMs: 50,
      http: { port: 0 },
      store,
      feed: { intervalMs: 50, acceptSimulated: true },
    }
    writeFileSync(join(folder, 'p.json'), JSON.stringify({ positions }))
    writeFileSync(join(folder, 'c.json'), JSON.stringify(config))
    const files = ['--config', join(folder, 'c.json'), '--positions', join(folder, 'p.json')]
    service = new RunningService(files)
    await service.printed(line => line.startsWith('Ctrl-C'))
    return /^positions +(http:\S+)\/api/m.exec(service.lines.join('\n'))![1]!
  }

  const backup = (): string => join(folder, 'backup')

  it('is restored to its data folder, which sends nothing until a person has confirmed the holdings', async () => {
    const url = await start('one', { kind: 'lmdb' })
    const made = await watchkeeper(['store', 'backup', backup(), '--url', url])
    expect([made.code, made.stderr]).to.deep.equal([0, ''])
    expect(made.stdout).to.match(/^backed up \d+ rows and \d+ journal lines to /)
    expect(readdirSync(folder)).not.to.include('backup.part')
    await service!.end('SIGKILL')
    const to = `lmdb:${join(folder, 'one')}`
    const refused = await cliHere(['store', 'restore', backup(), '--to', to])
    expect(refused.stderr).to.include('--overwrite')
    const restored = await cliHere(['store', 'restore', backup(), '--to', to, '--overwrite'])
    expect(restored.code, restored.stderr).to.equal(0)
    expect(restored.stdout).to.include('confirm-holdings')
    await start('one', { kind: 'lmdb' })
    const said = service!.lines.join('\n')
    expect(said).to.match(/ guard-resumed +positions=1 /)
    expect(said).to.include('nothing is sent before a person has confirmed the holdings')
  })

  needing('redis-server').it(
    'contains state that is stored in Redis, and is restored to a data folder as well',
    async () => {
      const redis = await RedisServer.start({ appendonly: true })
      try {
        const url = await start('one', { kind: 'redis', redis: { url: redis.url } })
        const made = await cliHere(['store', 'backup', backup(), '--url', url])
        expect(made.code, made.stderr).to.equal(0)
        const two = join(folder, 'two')
        const restored = await cliHere(['store', 'restore', backup(), '--to', `lmdb:${two}`])
        expect(restored.code, restored.stderr).to.equal(0)
        const listed = await cliHere(['positions', 'list', '--data', two])
        expect(listed.stdout).to.match(/^a /m)
      } finally {
        await service?.end('SIGKILL')
        await redis.close()
      }
    },
  )

  it('replaces no file where the service does not answer', async () => {
    const made = await cliHere(['store', 'backup', backup(), '--url', 'http://127.0.0.1:9'])
    expect(made.code).to.equal(1)
    expect(existsSync(backup())).to.equal(false)
  })
})
