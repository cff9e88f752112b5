import { join } from 'node:path'
import { expect } from 'chai'
import { builtFile } from '../support/built-package.ts'
import { Folder } from '../support/cli.ts'
import { RunningService } from '../support/kill.ts'

const POSITION = {
  id: 'a',
  instrument: 'BTCUSD',
  side: 'long',
  quantity: 1,
  entryPrice: 92_400,
  rules: { stopLoss: { pct: 50 } },
}

// Other tests start bundles of it, where all modules are linked.
describe('watchkeeper as separate files, as it is shipped', () => {
  it('guards, watches its event loop, and ends in order', async () => {
    const folder = new Folder()
    const positions = folder.file('positions.json', JSON.stringify({ positions: [POSITION] }))
    const config = folder.file('config.yaml', 'supervision: { exitOnBlockedMs: 60000 }\n')
    const data = join(folder.path, 'data')
    const args = ['--config', config, '--positions', positions, '--data', data, '--port', '0']
    const service = new RunningService(args, { main: builtFile('cli/main.js') })
    try {
      await service.printed(line => line.startsWith('Ctrl-C'))
      expect(service.lines).to.include('watchkeeper guards 1 position, 0 are being exited')
      // Null: a thread of a busy machine was still reading files, and the process did not wait for it.
      expect(await service.end('SIGTERM'), service.lines.join('\n')).to.be.oneOf([0, null])
      expect(service.lines).to.include('stopped')
    } finally {
      await service.end('SIGKILL')
      folder.remove()
    }
  })
})
