import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { fileIdentity } from '../../src/disk/footing.ts'
import { lockFile, unlockFile } from '../../src/disk/kernel-lock.ts'
import { needing } from '../support/needing.ts'

needing('flock').describe('a lock of the kernel on a file', () => {
  let folder: string
  let file: string
  let other: ChildProcess | undefined

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-lock-'))
    file = join(folder, 'data.mdb')
    writeFileSync(file, '')
  })

  afterEach(() => {
    other?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  /** Another process that has the lock. */
  async function lockElsewhere(): Promise<void> {
    other = spawn('flock', ['-x', '-n', '-F', file, 'sh', '-c', 'echo locked; exec sleep 600'])
    await once(other.stdout!, 'data')
  }

  it('is busy while another running process has it, and free when that was killed', async () => {
    await lockElsewhere()
    expect(await lockFile(file)).to.equal('busy')
    other!.kill('SIGKILL')
    await once(other!, 'exit')
    expect(await lockFile(file)).to.equal('held')
    unlockFile(fileIdentity(file)!)
  })

  it('outlives the command that took it, until the last user in this process releases it', async () => {
    expect(await Promise.all([lockFile(file), lockFile(file)])).to.deep.equal(['held', 'held'])
    const isFree = async (): Promise<boolean> => {
      const [code] = (await once(spawn('flock', ['-x', '-n', file, 'true']), 'close')) as [number]
      return code === 0
    }
    expect(await isFree()).to.equal(false)
    unlockFile(fileIdentity(file)!)
    expect(await isFree()).to.equal(false)
    unlockFile(fileIdentity(file)!)
    expect(await isFree()).to.equal(true)
  })

  it('is busy for all who ask at one time while another running process has it', async () => {
    await lockElsewhere()
    const both = [lockFile(file), lockFile(file)]
    expect(await Promise.all(both)).to.deep.equal(['busy', 'busy'])
    other!.kill('SIGKILL')
    await once(other!, 'exit')
    expect(await lockFile(file)).to.equal('held')
    unlockFile(fileIdentity(file)!)
  })

  it('is none for a file that is not there', async () => {
    expect(await lockFile(join(folder, 'other'))).to.equal('none')
  })
})
