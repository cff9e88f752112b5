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
})
