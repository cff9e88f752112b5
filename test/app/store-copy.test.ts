import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { writeBackup } from '../../src/app/store-copy.ts'

async function* nothing(): AsyncGenerator<Uint8Array> {}

describe('writeBackup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-write-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  // Replaced by a file, `/dev/null` would fill the disk of everything that runs as root.
  it('replaces neither a device nor a folder', async () => {
    const device = join(folder, 'device')
    symlinkSync('/dev/null', device)
    for (const path of [device, folder]) {
      const failed = await writeBackup(path, nothing()).catch((error: Error) => error.message)
      expect(failed).to.match(/^found .+, which is no file; expected the path of a backup$/)
    }
    expect(statSync(device).isCharacterDevice()).to.equal(true)
    expect(readdirSync(folder)).to.deep.equal(['device'])
  })
})
