import { expect } from 'chai'
import { loadServiceConfig } from '../../src/config/service-file.ts'
import type { InputError } from '../../src/errors.ts'
import { Folder } from '../support/cli.ts'

describe('the file of a configuration', () => {
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  /** Each fault as `path: found, expected`. */
  const faultsOf = (text: string, env: NodeJS.ProcessEnv = {}): string[] => {
    try {
      loadServiceConfig({ file: folder.file('c.yaml', text), env, overrides: {} })
    } catch (error) {
      const { faults } = error as InputError
      return faults.map(({ path, found, expected }) => `${path}: ${found}, ${expected}`)
    }
    return []
  }

  it('is told in the words of users what was expected', () => {
    const text = `http: { port: 99999 }
broker: { kind: htp }
store: { kind: redis, redis: { url: 'redis://a' }, exclusive: leese, leaseMs: 1 }
strict: 1
log: { level: loud }
mode: { a: 1 }
cycleMs: 0.5
exits: { styl: 1 }
health: [1]
`
    expect(faultsOf(text)).to.have.members([
      'positions: nothing, the path of a positions file',
      'http.port: 99999, a number of at most 65535',
      'broker.kind: "htp", one of "paper", "http"',
      'store.exclusive: "leese", one of "solo", "lease"',
      'store.leaseMs: 1, a number of at least 500',
      'strict: 1, true or false',
      'log.level: "loud", one of "error", "warn", "info", "debug"',
      'mode: a map, one of "guard", "observe"',
      'cycleMs: 0.5, a whole number',
      'exits.styl: an unknown setting, the name of one that there is',
      'health: a list, a map',
    ])
  })

  it('names the variable that a wrong value comes from, in place of a line', () => {
    const env = { WATCHKEEPER_HTTP_PORT: 'x', WATCHKEEPER_COLOUR: 'red' }
    expect(faultsOf('positions: p.yaml\n', env)).to.have.members([
      'http.port: "x" in WATCHKEEPER_HTTP_PORT, a number',
      'colour: an unknown setting in WATCHKEEPER_COLOUR, the name of one that there is',
    ])
  })

  it('never shows a secret that is wrong', () => {
    const faults = faultsOf("positions: p.yaml\nhttp: { token: 'too-short' }\n")
    expect(faults).to.deep.equal(['http.token: another value, at least 16 characters'])
  })
})
