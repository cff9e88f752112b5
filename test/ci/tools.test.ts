import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'

interface Circumstances {
  readonly isRoot: boolean
  readonly hasApt: boolean
  readonly isInstallWanted: boolean
}

interface Tools {
  readonly TOOLS: readonly { readonly command: string }[]
  parseArgs(given: readonly string[]): {
    isInstallWanted: boolean
    isMeasured: boolean
    forMocha: string[]
  }
  plan(
    missing: Tools['TOOLS'],
    circumstances: Circumstances,
  ): { installs: boolean; line: string | undefined }
  withoutServices(run: () => void, policy: string): void
}

const { TOOLS, parseArgs, plan, withoutServices } = (await import(
  new URL('../../.ci/tools.mjs', import.meta.url).href
)) as Tools

describe('the programs that tests need', () => {
  const ALLOWED: Circumstances = { isRoot: true, hasApt: true, isInstallWanted: true }

  it('are not installed where that is not allowed, not possible or not wanted', () => {
    for (const but of [{ isRoot: false }, { hasApt: false }, { isInstallWanted: false }]) {
      const { installs, line } = plan(TOOLS, { ...ALLOWED, ...but })
      expect(installs).to.equal(false)
      expect(line).to.equal(
        'tests that need redis-server and promtool and chromium are skipped: ' +
          'apt-get install redis-server prometheus chromium',
      )
    }
  })

  it('are installed with one line that states what, why and how to prevent it', () => {
    const { installs, line } = plan(TOOLS, ALLOWED)
    expect(installs).to.equal(true)
    expect(line).to.equal(
      'installs redis-server (the tests of Redis start servers of their own) and ' +
        'prometheus (the tests of the alerts run its promtool) and ' +
        'chromium (the tests of the page open it in a browser) by apt-get, ' +
        'starts no service of theirs; `npm test -- --no-install` leaves it out',
    )
  })

  it('are not mentioned where they are present', () => {
    expect(plan([], ALLOWED)).to.deep.equal({ installs: false, line: undefined })
  })

  it('leave every argument but --no-install and --coverage to mocha', () => {
    expect(parseArgs([])).to.deep.equal({
      isInstallWanted: true,
      isMeasured: false,
      forMocha: [],
    })
    expect(parseArgs(['test/ci', '--coverage', '--no-install', '--bail'])).to.deep.equal({
      isInstallWanted: false,
      isMeasured: true,
      forMocha: ['test/ci', '--bail'],
    })
  })
})

describe('an installation without services', () => {
  let folder: string
  let policy: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-policy-'))
    policy = join(folder, 'policy-rc.d')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** The answer of the policy to the start of a service. */
  function asked(): unknown {
    try {
      execFileSync(policy, ['redis-server', 'start'])
      return 0
    } catch (error) {
      return (error as { status: number }).status
    }
  }

  it('removes its policy after a failure', () => {
    const fail = (): void => {
      throw new Error('no network')
    }
    expect(() => withoutServices(fail, policy)).to.throw('no network')
    expect(existsSync(policy)).to.equal(false)
  })

  it('forbids every start while it runs, and only then', () => {
    let answer: unknown
    withoutServices(() => (answer = asked()), policy)
    expect(answer).to.equal(101)
    expect(existsSync(policy)).to.equal(false)
  })

  it('restores the policy of the machine', () => {
    writeFileSync(policy, '#!/bin/sh\nexit 104\n')
    chmodSync(policy, 0o755)
    let answer: unknown
    withoutServices(() => (answer = asked()), policy)
    expect([answer, asked()]).to.deep.equal([101, 104])
    expect(readFileSync(policy, 'utf8')).to.equal('#!/bin/sh\nexit 104\n')
  })

  it('removes a policy that a killed installation has left', () => {
    let left = ''
    withoutServices(() => (left = readFileSync(policy, 'utf8')), policy)
    writeFileSync(policy, left, { mode: 0o755 })
    withoutServices(() => undefined, policy)
    expect(existsSync(policy)).to.equal(false)
  })
})
