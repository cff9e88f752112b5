import { expect } from 'chai'
import { WatchkeeperClient } from '../../src/client/watchkeeper-client.ts'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder, type Ran } from '../support/cli.ts'
import { aView, FakeControl } from '../support/fake-control.ts'
import { always, OddServer } from '../support/odd-server.ts'
import { ServedAccounts } from '../support/served-accounts.ts'

const FILE = `
rules: { default: { stopLoss: { pct: 5 }, priceSource: quote } }
positions:
  - { id: a, instrument: ACME, side: long, quantity: 1, entryPrice: 100, rules: { stopLoss: { pct: 4 } } }
  - { id: b, instrument: ACME, side: long, quantity: 1, entryPrice: 100, multiplier: 50 }
`

describe('The commands that change positions', () => {
  let control: FakeControl
  let server: HttpServer
  let folder: Folder

  beforeEach(async () => {
    control = new FakeControl()
    server = await serveHttp({ control, host: '127.0.0.1', port: 0 })
    folder = new Folder()
  })

  afterEach(async () => {
    await server.close()
    folder.remove()
  })

  const run = (args: string, answer?: string): Promise<Ran> =>
    cliHere(['positions', ...args.split(' ')], {
      env: { WATCHKEEPER_URL: `http://127.0.0.1:${server.port}` },
      ...(answer !== undefined && { answer }),
    })

  const ids = (): unknown[] => control.asked.map(({ what, id }) => [what, id])

  it('exit every position that they can, also after a refused one', async () => {
    const { code, stdout, stderr } = await run('exit gone p1 lost --yes')
    expect([code, stdout]).to.deep.equal([1, 'p1 is exiting: stop 95\n'])
    expect(stderr.trim().split('\n')).to.deep.equal([
      'error: gone: POSITION_UNKNOWN: no position gone',
      'error: lost: POSITION_UNKNOWN: no position lost',
    ])
    expect(ids()).to.deep.equal([['exit', 'p1']])
  })

  it('release every position that they can', async () => {
    const { code, stdout, stderr } = await run('release gone p1 --yes')
    expect([code, stdout]).to.deep.equal([1, 'p1 is released\n'])
    expect(stderr).to.match(/^error: gone: POSITION_UNKNOWN: .*\n$/)
  })

  it('ask for confirmation before all are exited, even where there is none', async () => {
    for (const answer of ['yes', '', 'exit']) {
      const { code, stderr } = await run('exit --all', answer)
      expect([code, stderr]).to.satisfy(
        ([exit, text]: [number, string]) => exit === 2 && text.includes('Type exit all'),
      )
    }
    expect(control.asked).to.deep.equal([])
    expect((await run('exit --all', 'exit all')).code).to.equal(0)
    expect(ids()).to.deep.equal([['exit', 'p1']])
    await run('release p1 --yes')
    expect((await run('exit --all')).code).to.equal(2)
    expect((await run('exit --all --yes')).stdout).to.equal('no position is guarded\n')
  })

  it('refuse to list closed positions of a service', async () => {
    const { code, stderr } = await run('list --all')
    expect([code, stderr]).to.satisfy(
      ([exit, text]: [number, string]) => exit === 2 && text.includes('expected --data'),
    )
  })

  it('add the positions of a file, and leave the other fields to the service', async () => {
    const listening = new OddServer(always(aView('x'), 201))
    const url = await listening.open()
    const file = folder.file('p.yaml', FILE)
    const { code, stdout } = await run(`add --file ${file} --url ${url}`)
    listening.close()
    expect([code, stdout]).to.deep.equal([0, 'x is guarded: stop 95\n'.repeat(2)])
    const named = { instrument: 'ACME', side: 'long', quantity: 1, entryPrice: 100 }
    const sent = listening.asked.map(each => JSON.parse(each.replace(/^\S+ \S+ /, '')) as unknown)
    expect(sent).to.deep.equal([
      { id: 'a', ...named, rules: { stopLoss: { pct: 4 } } },
      { id: 'b', ...named, rules: { stopLoss: { pct: 5 } }, multiplier: 50, priceSource: 'quote' },
    ])
  })

  it('add every position of a file that they can', async () => {
    control.failure = new Error('broken')
    const { code, stdout, stderr } = await run(`add --file ${folder.file('p.yaml', FILE)}`)
    expect([code, stdout, stderr.trim().split('\n').length]).to.deep.equal([1, '', 2])
  })

  it('have examples in the help of each', async () => {
    for (const name of ['list', 'add', 'rules', 'exit', 'release']) {
      expect((await run(`${name} --help`)).stdout, name).to.match(
        /\nExamples:\n {2}\$ watchkeeper /,
      )
    }
  })
})

describe('the commands that end positions of several accounts', () => {
  let accounts: ServedAccounts
  let server: HttpServer

  beforeEach(async () => {
    accounts = await new ServedAccounts().open()
    server = await serveHttp({ control: accounts.control(), host: '127.0.0.1', port: 0 })
    const client = new WatchkeeperClient({ url: `http://127.0.0.1:${server.port}` })
    const position = { instrument: 'ACME', side: 'long', quantity: 2, entryPrice: 100 } as const
    const rules = { stopLoss: { pct: 5 } }
    for (const [account, id] of [
      ['acme', 'p1'],
      ['acme', 'bolt/p1'],
      ['bolt', 'p1'],
    ] as const) {
      await client.guard({ ...position, account, id, rules })
    }
    for (const each of accounts.each.values()) await each.tick(100)
  })

  afterEach(async () => {
    await server.close()
    await accounts.stop()
  })

  const exit = (args: string, answer?: string): Promise<Ran> =>
    cliHere(['positions', 'exit', ...args.split(' ')], {
      env: { WATCHKEEPER_URL: `http://127.0.0.1:${server.port}` },
      ...(answer !== undefined && { answer }),
    })

  /** The positions that a command has begun to exit, as it names them. */
  const exited = ({ stdout }: Ran): string[] =>
    stdout
      .split('\n')
      .filter(line => line.includes(' is exiting'))
      .map(line => line.split(' ')[0]!)
      .toSorted()

  it('exit all of every account, each in its own', async () => {
    const refused = await exit('--all', 'no')
    expect(refused.stderr).to.contain('3 positions will be exited at market')
    expect(refused.stderr).to.contain('acme/bolt/p1')
    const ran = await exit('--all --yes')
    expect([ran.code, ran.stderr]).to.deep.equal([0, ''])
    expect(exited(ran)).to.deep.equal(['acme/bolt/p1', 'acme/p1', 'bolt/p1'])
  })

  it('exit all of one account, and no position whose id has two meanings', async () => {
    const twice = await exit('bolt/p1 --yes')
    expect([twice.code, twice.stdout]).to.deep.equal([1, ''])
    expect(twice.stderr).to.contain('ACCOUNT_REQUIRED')
    expect(exited(await exit('--all --yes --account acme'))).to.deep.equal(['bolt/p1', 'p1'])
    expect(accounts.bolt.control().position('p1')?.state).to.equal('guarded')
  })
})
