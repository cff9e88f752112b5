import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { unitText } from '../../src/cli/unit-text.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder } from '../support/cli.ts'
import { needing } from '../support/needing.ts'

describe('watchkeeper init --systemd', () => {
  it('refuses a path that a unit would read as something else', () => {
    for (const folder of ['/srv/50%', '/srv/my guard', '/srv/"x"'])
      expect(() => unitText({ folder, node: '/usr/bin/node' })).to.throw(/which a unit cannot hold/)
  })

  it('prints the unit with the paths of this machine, and writes nothing', async () => {
    const { code, stdout } = await cliHere(['init', '--systemd', '--folder', '/etc/guard'])
    expect(code).to.equal(0)
    expect(stdout).to.include(`ExecStart=${process.execPath} `)
    expect(stdout).to.match(/^ExecStart=.*main\.js run --config \/etc\/guard\/watchkeeper\.yaml /m)
    expect(stdout).to.match(/^EnvironmentFile=-\/etc\/guard\/secrets$/m)
    expect(stdout).to.not.include('/opt/watchkeeper')
    // What makes a restart safe stays as it is.
    for (const kept of ['Restart=always', 'RestartPreventExitStatus=2', 'StartLimitIntervalSec=0'])
      expect(stdout).to.include(kept)
  })

  it('refuses flags that a unit does not depend on', async () => {
    for (const flags of [['--venue', 'okx'], ['--stop-pct', '5'], ['--accept-withdrawals']]) {
      const { code, stdout, stderr } = await cliHere(['init', '--systemd', ...flags])
      expect([code, stdout]).to.deep.equal([2, ''])
      expect(stderr).to.include('expected --folder alone')
    }
  })

  needing('systemd-analyze').it('prints a unit that systemd takes', () => {
    const folder = new Folder()
    try {
      // The program of a clone that is not built is absent: systemd verifies the executable alone.
      const unit = folder.file(
        'watchkeeper.service',
        unitText({ folder: '/etc/guard', node: process.execPath }),
      )
      const run = (): Buffer =>
        execFileSync('systemd-analyze', ['verify', '--man=no', unit], {
          stdio: ['ignore', 'pipe', 'pipe'],
        })
      expect(run).to.not.throw()
    } finally {
      folder.remove()
    }
  })
})
