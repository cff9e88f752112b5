import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Folder } from '../support/cli.ts'
import { RunningService } from '../support/kill.ts'
import { needing } from '../support/needing.ts'
import { smallDisk, type SmallDisk } from '../support/small-disk.ts'
import { until } from '../support/until.ts'

needing('a small disk').describe(
  'a paper account and the store, on a disk that is full',
  function () {
    this.timeout(180_000)
    let disk: SmallDisk
    let folder: Folder
    let service: RunningService

    beforeEach(() => {
      disk = smallDisk(10)!
      folder = new Folder()
    })

    afterEach(async () => {
      await service.end('SIGKILL')
      disk.end()
      folder.remove()
    })

    const url = (): string => /^positions +(http:\S+)\/api/m.exec(service.lines.join('\n'))![1]!

    const add = (id: string, quantity: number): Promise<Response> => {
      const b = { id, instrument: id, side: 'long', quantity, entryPrice: 100 }
      const body = JSON.stringify({ ...b, rules: { stopLoss: { price: 1 } } })
      const headers = { 'content-type': 'application/json' }
      return fetch(`${url()}/api/positions`, { method: 'POST', headers, body })
    }

    async function cyclesPass(count: number): Promise<void> {
      const cycles = async (): Promise<number> => {
        const text = await (await fetch(`${url()}/metrics`)).text()
        return Number(/^watchkeeper_cycles_total\{result="ok"\} (\d+)$/m.exec(text)![1])
      }
      const from = await cycles()
      await until(async () => (await cycles()) >= from + count)
    }

    it('hold the same: what the store refused is not in the account, and is not doubled later', async () => {
      const a = { id: 'a', instrument: 'X', side: 'long', quantity: 5, entryPrice: 100 }
      const positions = { positions: [{ ...a, rules: { stopLoss: { price: 1 } } }] }
      const file = folder.file('p.json', JSON.stringify(positions))
      const config = {
        dataFolder: join(disk.folder, 'data'),
        cycleMs: 50,
        http: { port: 0 },
        holdings: { reconcileMs: 100 },
        feed: { intervalMs: 50, acceptSimulated: true },
      }
      writeFileSync(join(folder.path, 'c.json'), JSON.stringify(config))
      service = new RunningService(['--config', join(folder.path, 'c.json'), '--positions', file])
      await service.printed(line => line.startsWith('Ctrl-C'))
      // Account and store release their reserves for exits, which another row could use.
      let count = 0
      await until(async () => {
        disk.fill()
        return !(await add(`y${++count}`, 3)).ok
      })
      const refused = `y${count}`
      disk.clear()
      await until(async () => (await add(refused, 7)).ok)
      const health = async (): Promise<string> => (await fetch(`${url()}/health`)).text()
      await until(async () => !(await health()).includes(` ${refused}"`))
      // In so many cycles two reports of the holding would show that it is not the position's 7
      // units.
      await cyclesPass(20)
      expect(await health()).not.to.include(` ${refused}"`)
      expect(service.lines.join('\n')).not.to.match(/ position-(shrunk|gone) /)
    })
  },
)
