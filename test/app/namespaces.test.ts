import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { openLmdbStore } from '../../src/stores/lmdb.ts'
import { running } from '../support/compiled.ts'
import { AS_PROCESS_1 } from '../support/namespace.ts'
import { needing } from '../support/needing.ts'

const CLAIMER = fileURLToPath(new URL('../support/store-claimer.ts', import.meta.url))

/**
 * A process that claims the store in a folder, in a pid namespace of its own, as in a container.
 */
class Contained {
  private readonly child
  said = ''

  constructor(folder: string) {
    const [unshare, ...args] = AS_PROCESS_1
    const command = [process.execPath, ...running(CLAIMER), folder, '0']
    this.child = spawn(unshare, [...args, ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.said += text))
  }

  /** The result of its claim. */
  async outcome(): Promise<string> {
    while (this.said.split('\n').length < 3) await once(this.child.stdout, 'data')
    return this.said.split('\n')[1]!
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'close')
    this.child.kill('SIGKILL')
    await ended
  }
}

needing('namespaces').describe('processes of two pid namespaces over one data folder', function () {
  this.timeout(180_000)
  let folder: string
  let contained: Contained[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-namespace-'))
    contained = []
  })

  afterEach(async () => {
    for (const each of contained) await each.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  const start = (): Contained => {
    const each = new Contained(folder)
    contained.push(each)
    return each
  }

  const codeOfClaim = (): Promise<string> =>
    openLmdbStore({ folder }).then(
      async store => (await store.close(), 'won'),
      (error: unknown) => (error as { code: string }).code,
    )

  it('have one owner: every other one is refused, also with the same pid', async () => {
    expect(await start().outcome()).to.equal('won')
    expect(await start().outcome()).to.equal('STORE_OWNED')
    expect(await codeOfClaim()).to.equal('STORE_OWNED')
  })

  it('are refused while a process outside owns the store', async () => {
    const store = await openLmdbStore({ folder })
    expect(await start().outcome()).to.equal('STORE_OWNED')
    await store.write({ lines: [{ at: 1, kind: 'note' }] })
    await store.close()
  })

  it('wait for nothing once the owner was killed', async () => {
    expect(await start().outcome()).to.equal('won')
    await contained[0]!.kill()
    expect(await start().outcome()).to.equal('won')
    await contained[1]!.kill()
    expect(await codeOfClaim()).to.equal('won')
  })
})
