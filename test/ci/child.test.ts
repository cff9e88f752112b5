import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'

const CHILD = new URL('../../.ci/child.mjs', import.meta.url).href
const SERVICE = `
  setInterval(() => undefined, 1000)
  process.on('SIGTERM', () => { console.log('in order'); process.exit(0) })
  console.log('running')`
const STARTER = `import { runChild } from '${CHILD}'; runChild(['-e', ${JSON.stringify(SERVICE)}])`

describe('a service that is started by a command', () => {
  const start = () => {
    // The `;` keeps the shell from becoming the command itself.
    const shell = spawn('sh', [
      '-c',
      '"$@"; exit $?',
      'sh',
      process.execPath,
      '--input-type=module',
      '-e',
      STARTER,
    ])
    let output = ''
    shell.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    const printed = async (text: string): Promise<void> => {
      while (!output.includes(text)) await once(shell.stdout, 'data')
    }
    return { shell, printed }
  }

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`stops in order when a ${signal} ends the shell in between`, async () => {
      const { shell, printed } = start()
      await printed('running')
      shell.kill(signal)
      await printed('in order')
      expect(shell.killed).to.equal(true)
    })
  }
})
