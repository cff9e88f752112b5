import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scene, type SceneAccount } from '../attacks/scene.ts'
import { binanceAccount, bybitAccount, okxAccount } from '../support/venues/accounts.ts'

const ACCOUNTS: Readonly<Record<string, () => SceneAccount>> = {
  binance: binanceAccount,
  bybit: bybitAccount,
  okx: okxAccount,
}

/** Every byte of every file below a folder. */
function everything(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(path => join(folder, path))
    .filter(path => statSync(path).isFile())
    .map(path => readFileSync(path, 'latin1'))
    .join('\n')
}

for (const [kind, account] of Object.entries(ACCOUNTS)) {
  describe(`the key of an account at ${kind}`, function () {
    this.timeout(60_000)
    let scene: Scene
    afterEach(() => scene.close())

    it('is in nothing that a service writes, prints or answers, whatever the venue answers', async () => {
      const given = account()
      const secrets = Object.values(given.env)
      scene = new Scene({ account: given })
      await scene.open()
      const reset = { kind: 'reset', when: 'after' } as const
      scene.harm('place', reset, { times: 1 })
      scene.price(94)
      await scene.until(() => scene.held() === 0)
      await scene.until(async () => (await scene.lines('exit-unknown')).length > 0)
      const paths = [
        '/health',
        '/metrics',
        '/api/journal?last=1000',
        '/api/gateway',
        '/api/positions',
      ]
      const answers = await Promise.all(
        paths.map(async path => JSON.stringify(await scene.ask('GET', path).catch(String))),
      )
      const all = [everything(scene.folder), scene.output, ...answers].join('\n')
      expect(all).to.include('exit-unknown')
      for (const secret of secrets) expect(all.includes(secret), kind).to.equal(false)
    })
  })
}
