import { chmodSync } from 'node:fs'
import { expect } from 'chai'
import { missingFiles } from '../../src/app/missing-files.ts'
import { serviceSchema } from '../../src/config/schema.ts'
import { Folder } from '../support/cli.ts'

describe('missingFiles', () => {
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  it('names a token file that is empty, missing, or refused because others can read it', () => {
    const faults = (tokenFile: string): readonly string[] =>
      missingFiles(
        serviceSchema.parse({ broker: { kind: 'http', url: 'http://127.0.0.1:9', tokenFile } }),
      )
    const file = folder.file('token', 'a-token')
    chmodSync(file, 0o600)
    expect(faults(file)).to.deep.equal([])
    chmodSync(file, 0o644)
    expect(faults(file)[0]).to.match(/^broker\.tokenFile: .* others can read .* chmod 600/)
    expect(faults(folder.file('empty', ' '))[0]).to.include('is empty')
    expect(faults(`${file}-not-there`)[0]).to.include('ENOENT')
  })

  it('names once why the key of a venue cannot be used', () => {
    const faults = (text: string, mode = 0o600): readonly string[] => {
      const keyFile = folder.file('key', text)
      chmodSync(keyFile, mode)
      const broker = { kind: 'binance', environment: 'testnet', keyFile }
      return missingFiles(serviceSchema.parse({ broker })).map(line =>
        line.replace(keyFile, 'FILE'),
      )
    }
    expect(faults('key: a\nsecret: b\n')).to.deep.equal([])
    expect(faults('key: a\nsecret: b\nexpiresAt: 2025-02-26T00:00:00Z\n')).to.deep.equal([
      'broker.keyFile: the key ended at 2025-02-26T00:00:00.000Z',
    ])
    expect(faults('key: a\n')).to.have.length(1)
    expect(faults('key: a\nsecret: b\n', 0o644)).to.deep.equal([
      'broker.keyFile: others can read the key file (mode 0644): chmod 600 FILE',
    ])
    folder.remove()
    folder = new Folder()
    const keyFile = `${folder.path}/none`
    const broker = { kind: 'binance', environment: 'testnet', keyFile }
    expect(missingFiles(serviceSchema.parse({ broker }))).to.deep.equal([
      `broker.keyFile: there is no key file ${keyFile}`,
    ])
  })

  it('names what others can read where it is refused for that, and nowhere else', () => {
    const file = folder.file('secret', 'sixteen letters!')
    chmodSync(file, 0o640)
    const given = {
      broker: { kind: 'binance', environment: 'testnet', keyFile: file },
      http: { tokens: [{ name: 'a', role: 'read', tokenFile: file }] },
      notify: { channels: [{ kind: 'slack', urlFile: file }] },
    }
    expect(missingFiles(serviceSchema.parse(given)).map(line => line.split(':')[0])).to.deep.equal([
      'broker.keyFile',
      'notify.channels.0.urlFile',
    ])
  })
})
