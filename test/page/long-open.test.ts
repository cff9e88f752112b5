import { rmSync } from 'node:fs'
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { launched, opened, openedIn } from '../support/browser.ts'
import { builtPage } from '../support/built-page.ts'
import { Folder } from '../support/cli.ts'
import { RunningService } from '../support/kill.ts'
import { needing } from '../support/needing.ts'
import { until } from '../support/until.ts'

const POSITIONS = `
rules: { default: { stopLoss: { pct: 50 } } }
positions:
  - { id: btc-1, instrument: BTCUSD, side: long, quantity: 1, entryPrice: 92400 }
`
const FIRST = 'the token that is revoked'
const SECOND = 'the token that comes after it'
/** A host name of the configuration: each read needs a token. */
const HOST = 'watch.localhost'

needing('chromium').describe('A page that stays open', function () {
  this.timeout(180_000)

  let folder: Folder
  let service: RunningService
  let browser: Browser
  let port: number

  before(async () => {
    builtPage()
    folder = new Folder()
    const positions = folder.file('positions.yaml', POSITIONS)
    const [first, second] = [folder.file('first', FIRST), folder.file('second', SECOND)]
    const config = folder.file(
      'service.yaml',
      `http:
  hosts: [${HOST}]
  tokens:
    - { name: old, role: read, tokenFile: ${first} }
    - { name: new, role: read, tokenFile: ${second} }
`,
    )
    const args = ['--config', config, '--positions', positions, '--data', `${folder.path}/data`]
    service = new RunningService([...args, '--port', '0'])
    port = await service.port()
    browser = await launched()
  })

  after(async () => {
    await browser.close()
    await service.end('SIGTERM')
    folder.remove()
  })

  const url = (host = '127.0.0.1'): string => `http://${host}:${port}/`
  const price = (page: Page) => page.locator('.row', { hasText: 'btc-1' }).locator('.price')
  const isStale = async (page: Page): Promise<boolean> =>
    (await page.locator('html.stale').count()) === 1

  /** Resolves once the page shows another price than now, as current data. */
  async function isLive(page: Page): Promise<void> {
    await until(async () => !(await isStale(page)))
    const before = await price(page).textContent()
    await until(async () => (await price(page).textContent()) !== before)
  }

  /** Resolves once the frames that were sent before have arrived: two polls show the same. */
  async function framesEnd(page: Page): Promise<void> {
    let before: string | null = null
    await until(async () => {
      const now = await price(page).textContent()
      const isSame = now === before
      before = now
      if (!isSame) await page.evaluate('new Promise(resolve => setTimeout(resolve, 300))')
      return isSame
    })
  }

  const give = async (page: Page, token: string): Promise<void> => {
    await page.getByLabel('Token', { exact: true }).last().fill(token)
    await page.getByRole('button', { name: 'Use it' }).click()
  }

  it('turns grey at once after a sleep of the computer, though its monotonic clock stood still', async () => {
    const { page, complaints } = await opened(browser, url())
    await give(page, SECOND)
    await isLive(page)
    // Nothing arrives any more, and an hour has passed that the monotonic clock did not count.
    service.freeze()
    await framesEnd(page)
    await page.evaluate('{ const now = Date.now; Date.now = () => now() + 3_600_000 }')
    await page.locator('.age', { hasText: /Old data: (?:60 min|1\.0 h|1 h)/ }).waitFor()
    expect(await isStale(page)).to.equal(true)
    service.thaw()
    await isLive(page)
    const others = complaints.filter(text => !text.includes('401'))
    expect(others).to.deep.equal([])
    await page.context().close()
  })

  it('shows nothing of the day before as current, and continues by itself', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.clock.install()
    const { complaints } = await openedIn(page, url())
    await give(page, SECOND)
    await isLive(page)
    await page.clock.fastForward('24:00:00')
    await isLive(page)
    expect(await page.locator('.row').count()).to.equal(1)
    expect(complaints.filter(text => !text.includes('401'))).to.deep.equal([])
    await context.close()
  })

  it('asks for another token once its own is revoked, and shows no price meanwhile as current', async () => {
    const { page } = await opened(browser, url(HOST))
    await give(page, FIRST)
    await isLive(page)
    rmSync(`${folder.path}/first`)
    await page.locator('dialog', { hasText: 'does not take the token' }).waitFor()
    await until(() => isStale(page))
    await page.keyboard.press('Escape')
    await page.locator('.trouble', { hasText: 'no token was entered' }).waitFor()
    // Without one there are no data: the page asks again.
    await give(page, FIRST)
    expect(await isStale(page), 'with the revoked token').to.equal(true)
    await give(page, SECOND)
    await isLive(page)
    await page.context().close()
  })
})
