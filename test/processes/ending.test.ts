import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { running } from '../support/compiled.ts'
import { AS_PROCESS_1 } from '../support/namespace.ts'
import { needing } from '../support/needing.ts'

const SCRIPT = fileURLToPath(new URL('../support/ending.ts', import.meta.url))

describe('the end of a process', () => {
  let folder: string

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'watchkeeper-ending-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** How it ends; its output is read unless the test is about that. */
  function end(
    how: string,
    {
      code = 3,
      before = [],
      reads = true,
    }: { code?: number; before?: readonly string[]; reads?: boolean } = {},
  ): Promise<{ code: number | null; signal: string | null }> {
    const [command, ...args] = [
      ...before,
      process.execPath,
      ...running(SCRIPT),
      how,
      folder,
      String(code),
    ]
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    if (reads) child.stdout.resume()
    return new Promise(resolve =>
      child.on('exit', (ended, signal) => {
        child.stdout.destroy()
        resolve({ code: ended, signal })
      }),
    )
  }

  it('waits for no thread that hangs, as an exit would', async () => {
    expect(await end('with a thread that hangs')).to.deep.equal({ code: null, signal: 'SIGKILL' })
    rmSync(join(folder, 'fifo'))
    const well = await end('with a thread that hangs', { code: 0 })
    expect(well).to.deep.equal({ code: null, signal: 'SIGTERM' })
  })

  it('waits for no reader that has stopped reading', async () => {
    const ended = await end('with lines that are not read', { reads: false })
    expect(ended).to.deep.equal({ code: 3, signal: null })
  })

  it('has its own code where nothing hangs', async () => {
    expect(await end('plainly')).to.deep.equal({ code: 3, signal: null })
    expect(await end('with lines that are not read')).to.deep.equal({ code: 3, signal: null })
  })

  it('is immediate by a signal that the process itself handles', async () => {
    const ended = await end('at once, though it hears the signal')
    expect(ended).to.deep.equal({ code: null, signal: 'SIGTERM' })
  })

  needing('namespaces').it('is immediate for process 1 of a container too', async () => {
    const ended = await end('at once, though it hears the signal', { before: AS_PROCESS_1 })
    expect(ended.code).to.not.equal(3)
  })
})
