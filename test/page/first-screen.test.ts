import { expect } from 'chai'
import type { Browser } from 'playwright-core'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { launched, opened } from '../support/browser.ts'
import { builtPage } from '../support/built-page.ts'
import { Folder } from '../support/cli.ts'
import { needing } from '../support/needing.ts'

const POSITIONS = `
rules: { default: { stopLoss: { pct: 50 } } }
positions:
  - { id: btc-1, instrument: BTCUSD, side: long, quantity: 1, entryPrice: 92400 }
`

needing('chromium').describe('The first screen of the page', function () {
  this.timeout(120_000)

  let folder: Folder
  let service: RunningWatchkeeper
  let browser: Browser
  let url: string

  before(async () => {
    builtPage()
    folder = new Folder()
    const positions = folder.file('positions.yaml', POSITIONS)
    const config = { positions, dataFolder: `${folder.path}/data`, http: { port: 0 } }
    service = await startWatchkeeper({ config, env: {} })
    url = new URL('/', service.url).href
    browser = await launched()
  })

  after(async () => {
    await browser.close()
    await service.stop()
    folder.remove()
  })

  it('paints the frame of the page from the document alone, and no figure before it is known', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.route('**/page/**', route => route.abort())
    await page.goto(url, { waitUntil: 'commit' })
    await page.waitForFunction("performance.getEntriesByName('first-contentful-paint').length")
    const drawn = "getComputedStyle(document.querySelector('.banner')).position"
    expect(await page.evaluate(drawn)).to.equal('sticky')
    await page.unroute('**/page/**')
    await page.route('**/api/view?*', () => new Promise(() => undefined))
    await page.reload()
    await page.locator('.numbers').waitFor()
    expect(await page.locator('.figure').allTextContents()).to.deep.equal(['–', '–', '–', '–'])
    expect(await page.locator('main').textContent()).to.match(/Waiting for the positions.*Waiting/)
    await context.close()
  })

  it('draws what can be pressed or typed into as such', async () => {
    const { page } = await opened(browser, url)
    await page.locator('.row').first().waitFor()
    for (const name of ['.kill', '.tools input', '.tools select']) {
      const drawn = `getComputedStyle(document.querySelector(${JSON.stringify(name)}))`
      const found = await page.evaluate(`[${drawn}.paddingLeft, ${drawn}.borderTopLeftRadius]`)
      expect(found, name).to.deep.equal(['10px', '6px'])
    }
    await page.context().close()
  })

  it('shows the state of each position at every width, beside or above the last exits', async () => {
    const { page } = await opened(browser, url)
    await page.locator('.row').first().waitFor()
    const outside = `[...document.querySelectorAll('.row > *, .heads > *')]
      .filter(each => each.parentElement.clientWidth > 100)
      .filter(each => each.getBoundingClientRect().right > each.parentElement.getBoundingClientRect().right)
      .map(each => each.className || each.textContent)`
    for (const width of [1_440, 1_390, 1_200, 1_111, 1_100, 945, 900, 390]) {
      await page.setViewportSize({ width, height: 800 })
      expect(await page.evaluate(outside), String(width)).to.deep.equal([])
      expect(await page.locator('.row .state').first().isVisible(), String(width)).to.equal(true)
    }
    await page.context().close()
  })

  it('says that no position is open once that is known', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.route('**/api/view?*', async route => {
      const body = (await (await route.fetch()).json()) as Record<string, unknown>
      await route.fulfill({ json: { ...body, rows: [], next: null } })
    })
    await page.goto(url)
    await page.locator('.empty', { hasText: 'No position is open.' }).waitFor()
    expect(await page.locator('.count').textContent()).to.equal('0 positions')
    await context.close()
  })
})
