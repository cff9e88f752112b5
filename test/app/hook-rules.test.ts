import { expect } from 'chai'
import { startWatchkeeper } from '../../src/app/embed.ts'
import { InputError } from '../../src/errors.ts'
import { Folder } from '../support/cli.ts'

describe('The rule set of a hook', () => {
  it('is refused at the start where the service does not have it', async () => {
    const folder = new Folder()
    const hook = {
      name: 'bot',
      kind: 'freqtrade',
      secretFile: folder.file('secret', 'x'.repeat(20)),
    }
    const config = {
      dataFolder: `${folder.path}/data`,
      positions: folder.file(
        'positions.yaml',
        'rules: { swing: { stopLoss: { pct: 5 } } }\npositions: []\n',
      ),
      http: { port: 0, hooks: [{ ...hook, rules: 'swin' }] },
    }
    try {
      const error: unknown = await startWatchkeeper({ config, env: {} }).then(
        async service => service.stop(),
        (failure: unknown) => failure,
      )
      expect(error).to.be.instanceOf(InputError)
      expect((error as InputError).faults).to.deep.equal([
        {
          path: 'http.hooks.0.rules',
          found: '"swin"',
          expected: (error as InputError).faults[0]!.expected,
        },
      ])
      expect((error as InputError).faults[0]!.expected).to.include('swing')
    } finally {
      folder.remove()
    }
  })
})
