import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { running } from '../support/compiled.ts'
import { AS_PROCESS_1 } from '../support/namespace.ts'
import { needing } from '../support/needing.ts'

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a process under a watchdog with `exitOnBlockedMs` of one second. */
function run(how: string, before: readonly string[] = []): Promise<Ended> {
  const script = fileURLToPath(new URL('../support/watched.ts', import.meta.url))
  const [command, ...args] = [...before, process.execPath, ...running(script), how]
  const child = spawn(command, args)
  const out = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (out[name] += text))
  }
  return new Promise(resolve =>
    child.on('close', (code, signal) => resolve({ code, signal, ...out })),
  )
}

describe('startWatchdog', () => {
  it('kills a process whose loop blocks for good, after one line', async () => {
    const { signal, stderr } = await run('computes')
    expect(signal).to.equal('SIGKILL')
    expect(stderr).to.match(/^watchkeeper: the event loop has stood still for \d+ ms: killed\n$/)
  })

  needing('namespaces').it(
    'ends process 1 of a container, to which its own SIGKILL does nothing',
    async () => {
      const { code, signal, stderr } = await run('blocks', AS_PROCESS_1)
      expect([code === 0, signal === null && code === null]).to.deep.equal([false, false])
      expect(stderr).to.match(/the event loop has stood still for \d+ ms: killed/)
    },
  )

  it('kills a process whose loop blocks before its first turn', async () => {
    expect((await run('blocks at once')).signal).to.equal('SIGKILL')
  })

  it('lets a process continue whose loop is merely slow', async () => {
    const ended = await run('is slow')
    expect(ended).to.deep.equal({ code: 0, signal: null, stdout: 'went on\n', stderr: '' })
  })

  it('stops watching once it is stopped', async () => {
    const { code, stdout } = await run('stops the watch')
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'went on\n' })
  })

  it('keeps no process alive that has nothing else to do', async () => {
    const { code, stdout } = await run('ends')
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'went on\n' })
  })
})
