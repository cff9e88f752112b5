import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { isAlive, thisProcess, type Owner } from '../../src/stores/owner.ts'
import { until } from '../support/until.ts'

const START_FIELD = 21

describe('the owner of a store', () => {
  it('has ended once it was killed, though its parent has not reaped it', async () => {
    // The shell becomes a program that never waits for its child.
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'])
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer]
      const pid = Number(line.toString())
      const stat = (): string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')
      const owner: Owner = { ...thisProcess('a'), pid, startedAt: stat()[START_FIELD]! }
      expect(isAlive(owner)).to.equal(true)
      await until(() => readFileSync(`/proc/${parent.pid!}/comm`, 'utf8') === 'sleep\n')
      process.kill(pid, 'SIGKILL')
      await until(() => stat()[2] === 'Z')
      expect(isAlive(owner)).to.equal(false)
    } finally {
      parent.kill('SIGKILL')
    }
  })
})
