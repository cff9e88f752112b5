import { join } from 'node:path'
import { expect } from 'chai'
import { BUSY, busyPositions } from '../support/busy-positions.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder } from '../support/cli.ts'
import { RunningService } from '../support/kill.ts'
import { until } from '../support/until.ts'

/** One folder, which two processes guard one after the other; the tests follow one another. */
describe('watchkeeper run, beside other processes', function () {
  this.timeout(120_000)
  let folder: Folder
  let args: string[]
  let data: string[]
  let service: RunningService

  before(async () => {
    folder = new Folder()
    const positions = folder.file('positions.json', busyPositions())
    data = ['--data', join(folder.path, 'data')]
    args = ['--positions', positions, ...data, '--broker-delay-ms', '40', '--port', '0']
    await start()
  })

  after(async () => {
    await service.end('SIGKILL')
    folder.remove()
  })

  async function start(): Promise<void> {
    service = new RunningService(args)
    await service.printed(line => line.startsWith('watchkeeper guards'))
  }

  it('refuses a folder that another process guards, and names it', async () => {
    const second = new RunningService(args)
    const ended = await second.printed(() => false).catch((error: unknown) => String(error))
    expect(ended).to.match(/ended with 1:[^]*STORE_OWNED: .* process \d+, which is still running/)
  })

  it('can be read by other commands while it runs', async () => {
    await service.printed(line => line.includes('exit-intended'))
    const listed = await cliHere(['positions', ...data, '--format', 'json', '--all'])
    expect(listed.stdout.trim().split('\n')).to.have.length(BUSY)
  })

  it('counts the time after a kill in which no process was running', async () => {
    await service.end('SIGKILL')
    const killedAt = Date.now()
    await start()
    // A line is printed once it is durable, which may be after the start line.
    await service.printed(each => each.includes('guard-resumed'))
    const url = service.lines.find(line => line.startsWith('metrics'))!.split(/\s+/)[1]!
    const text = await (await fetch(url)).text()
    const seconds = Number(/unguarded_seconds_total\{cause="down"\} (\S+)/.exec(text)![1])
    const line = service.lines.find(each => each.includes('guard-resumed'))!
    const positions = Number(/positions=(\d+)/.exec(line)![1])
    const downMs = Number(/downMs=(\d+)/.exec(line)![1])
    expect(positions).to.be.within(1, BUSY)
    expect(downMs).to.be.within(1, Date.now() - killedAt + 60_000)
    expect(seconds).to.be.closeTo((positions * downMs) / 1_000, 0.01)
  })

  it('continues to guard when the reader of its output has ended', async () => {
    service.stopReading()
    const lineCount = async (): Promise<number> => {
      const { stdout } = await cliHere(['journal', ...data, '--limit', '10000'])
      return stdout.split('\n').length
    }
    // The first line after that meets a closed pipe; only a running service writes more of them.
    const before = await lineCount()
    await until(async () => (await lineCount()) >= before + 4)
    expect(await service.end('SIGTERM')).to.equal(0)
  })

  it('can be read by other commands after it has ended', async () => {
    const text = await cliHere(['positions', ...data])
    expect(text.stdout).to.match(/^position .*\n.* open .* trailingStop\n/)
    const json = await cliHere(['journal', ...data, '--format', 'json', '--limit', '1000'])
    const kinds = json.stdout
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { kind: string }).kind)
    expect(kinds.filter(kind => kind === 'position-added')).to.have.length(BUSY)
    expect(kinds).to.include('exit-intended')
    const csv = await cliHere(['journal', ...data, '--format', 'csv', '--position', 'p3'])
    expect(csv.stdout).to.match(/^seq,at,kind,positionId,detail\n\d+,\d+,position-added,p3,"\{""by/)
    const nowhere = join(folder.path, 'nowhere')
    const { code, stderr } = await cliHere(['journal', '--data', nowhere])
    expect([code, stderr]).to.deep.equal([
      1,
      `error: STORE_UNUSABLE: the store in ${join(nowhere, 'store')} cannot be used: there is no store\n`,
    ])
  })
})
