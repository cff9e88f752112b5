import { expect } from 'chai'
import { PATHS, resolvePaths } from '../../src/config/paths.ts'
import { Folder } from '../support/cli.ts'
import { settingsOf } from '../support/settings.ts'

describe('The paths of a configuration', () => {
  it('are all settings that name a file, in the sections of accounts and named feeds too', () => {
    const known = PATHS.map(keys => keys.join('.'))
    const files = settingsOf()
      .settings.map(({ path }) => path.replaceAll('[]', '.*').replaceAll(/<\w+>/g, '*'))
      .filter(path => path.endsWith('File'))
    expect(files).to.have.length.above(10)
    expect(known).to.include.members(files)
    const ofBroker = known.filter(path => path.startsWith('broker.'))
    expect(known).to.include.members(ofBroker.map(path => `accounts.*.${path}`))
    const ofFeed = known.filter(path => path.startsWith('feed.'))
    expect(known).to.include.members(ofFeed.map(path => path.replace('feed.', 'feeds.*.')))
  })
})

describe('The command of an advisor', () => {
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  const resolved = (command: unknown): unknown => {
    const root = { advisors: [{ command }] }
    resolvePaths(root, folder.path)
    return root.advisors[0]!.command
  }

  it('has its program, and arguments that are files there, beside the configuration', () => {
    folder.file('stop.py', '')
    expect(resolved(['python3', 'stop.py', '--stop.py', 'other.py', '/abs'])).to.deep.equal([
      'python3',
      `${folder.path}/stop.py`,
      '--stop.py',
      'other.py',
      '/abs',
    ])
    expect(resolved(['./bin/stop', '-x'])).to.deep.equal([`${folder.path}/bin/stop`, '-x'])
  })

  it('is left as it is where it is no list of texts', () => {
    expect(resolved(undefined)).to.equal(undefined)
    expect(resolved('stop')).to.equal('stop')
    expect(resolved([1, null])).to.deep.equal([1, null])
  })
})
