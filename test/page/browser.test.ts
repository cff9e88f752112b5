import { expect } from 'chai'
import type { Browser } from 'playwright-core'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { faultsOf, launched, opened, openedIn } from '../support/browser.ts'
import { builtPage } from '../support/built-page.ts'
import { Folder } from '../support/cli.ts'
import { ask } from '../support/http.ts'
import { needing } from '../support/needing.ts'
import { until } from '../support/until.ts'

const POSITIONS = `
rules: { default: { stopLoss: { pct: 50 }, takeProfit: { pct: 90 } } }
positions:
  - { id: btc-1, instrument: BTCUSD, side: long, quantity: 1, entryPrice: 92400 }
  - { id: btc-2, instrument: BTCUSD, side: long, quantity: 1, entryPrice: 92400 }
  - { id: gold-1, instrument: GOLD, side: short, quantity: 2, entryPrice: 2632 }
`
const TOKEN = 'sixteen letters!'

needing('chromium').describe('The page in a browser', function () {
  this.timeout(180_000)

  let folder: Folder
  let service: RunningWatchkeeper
  let browser: Browser
  let port: number
  let url: string

  const start = async (at: number, env: Record<string, string> = {}): Promise<void> => {
    const positions = folder.file('positions.yaml', POSITIONS)
    const config = { positions, dataFolder: `${folder.path}/data`, http: { port: at } }
    service = await startWatchkeeper({ config, env })
    url = new URL('/', service.url).href
    port = Number(new URL(url).port)
  }

  before(async () => {
    builtPage()
    folder = new Folder()
    await start(0)
    browser = await launched()
  })

  after(async () => {
    await browser.close()
    await service.stop()
    folder.remove()
  })

  it('shows every view, in light and dark, without an error and without a serious accessibility fault', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, complaints } = await opened(browser, url, { colorScheme })
      for (const [hash, text] of [
        ['', 'btc-1'],
        ['#/positions/btc-1', 'takeProfit'],
        ['#/gateway', 'Breaker of orders'],
        ['#/supervision', 'reconciler'],
        ['#/performance', 'cycle.health'],
        ['#/journal', 'position added'],
        ['#/trades', 'No position is over yet'],
      ] as const) {
        await page.goto(url + hash)
        await page.locator('main', { hasText: text }).waitFor()
        expect(await faultsOf(page), `${colorScheme} ${hash}`).to.deep.equal([])
      }
      expect(complaints).to.deep.equal([])
      await page.context().close()
    }
  })

  it('shows new prices automatically, and fits on a phone', async () => {
    const { page } = await opened(browser, url, { viewport: { width: 390, height: 844 } })
    const price = page.locator('.row', { hasText: 'btc-1' }).locator('.price')
    const before = await price.textContent()
    await until(async () => (await price.textContent()) !== before)
    expect(await page.locator('h1').textContent()).to.match(/guarded|attention/)
    for (const view of [
      '',
      '#/positions/btc-1',
      '#/gateway',
      '#/performance',
      '#/trades',
      'docs',
    ]) {
      await page.goto(url + view)
      await page.locator('main section').first().waitFor()
      const width = await page.evaluate('document.documentElement.scrollWidth')
      expect(width, view).to.be.at.most(390)
      // No column is out of sight.
      const hidden =
        "[...document.querySelectorAll('.table')].filter(each => each.scrollWidth > each.clientWidth).length"
      expect(await page.evaluate(hidden), view).to.equal(0)
      const present =
        "document.querySelector('nav [aria-current]')?.getBoundingClientRect().right ?? 0"
      expect(await page.evaluate(present), view).to.be.at.most(390)
    }
    await page.context().close()
  })

  it('reads one stream for all pages of a browser', async () => {
    const { page } = await opened(browser, url)
    await page.locator('.row').first().waitFor()
    const second = await page.context().newPage()
    const streams: string[] = []
    second.on('request', request => {
      if (request.url().includes('/api/view/stream')) streams.push(request.url())
    })
    await openedIn(second, url)
    const price = second.locator('.row', { hasText: 'btc-1' }).locator('.price')
    const before = await price.textContent()
    await until(async () => (await price.textContent()) !== before)
    expect(streams).to.deep.equal([])
    // The leading page closes: the other one reads the stream itself.
    await page.close()
    await until(() => streams.length === 1)
    await second.context().close()
  })

  it('can be used by keyboard', async () => {
    const { page } = await opened(browser, url)
    await page.locator('.row').first().waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('gold')
    await until(async () => (await page.locator('.row').count()) === 1)
    await page.locator('.grid').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.locator('h2', { hasText: 'gold-1' }).waitFor()
    await page.context().close()
  })

  it('moves the kill switch in two steps', async () => {
    const { page } = await opened(browser, url)
    await page.getByRole('button', { name: 'Kill switch: off' }).click()
    await page.getByRole('button', { name: 'block' }).click()
    expect((await ask(port, '/api/kill-switch')).json['state']).to.equal('off')
    await page.getByRole('button', { name: 'Set to block' }).click()
    await page.getByRole('button', { name: 'Kill switch: block' }).click()
    await page.getByRole('button', { name: 'off', exact: true }).click()
    await page.getByRole('button', { name: 'Set to off' }).click()
    await page.getByRole('button', { name: 'Kill switch: off' }).waitFor()
    expect((await ask(port, '/api/kill-switch')).json['state']).to.equal('off')
    await page.context().close()
  })

  it('shows the effect of a change of rules before it is made', async () => {
    const { page } = await opened(browser, `${url}#/positions/btc-1`)
    const change = async (rules: unknown): Promise<void> => {
      await page.getByRole('button', { name: 'Change rules' }).click()
      await page.locator('textarea').fill(JSON.stringify(rules))
      await page.getByRole('button', { name: 'Show the effect' }).click()
    }
    await page.locator('main', { hasText: 'takeProfit' }).waitFor()
    await page.getByRole('button', { name: 'Change rules' }).click()
    for (const [text, why] of [
      ['{ "stopLoss": ', /no JSON/],
      ['[1]', /one JSON object/],
      ['{ "stopLos": { "pct": 1 } }', /did you mean stopLoss/],
      ['{ "stopLoss": { "pct": -3 } }', /found -3, expected a number above 0/],
    ] as const) {
      await page.locator('textarea').fill(text)
      await page.getByRole('button', { name: 'Show the effect' }).click()
      await page.locator('dialog [role=alert]', { hasText: why }).waitFor()
    }
    await page.getByRole('button', { name: 'Back' }).click()
    await change({ stopLoss: { pct: 60 }, takeProfit: { pct: 90 } })
    await page.locator('dialog', { hasText: 'loosens' }).waitFor()
    await page.getByRole('button', { name: 'Back' }).click()
    await change({ stopLoss: { pct: 40 }, takeProfit: { pct: 90 } })
    await page.locator('dialog', { hasText: '46,200 → 55,440' }).waitFor()
    expect((await ask(port, '/api/positions/btc-1')).json['stop']).to.equal(46_200)
    await page.getByRole('button', { name: 'Apply' }).click()
    await until(async () => (await ask(port, '/api/positions/btc-1')).json['stop'] === 55_440)
    await page.context().close()
  })

  it('exits a position in two steps, and shows the receipt', async () => {
    const { page } = await opened(browser, `${url}#/positions/btc-2`)
    await page.getByRole('button', { name: 'Exit', exact: true }).click()
    await page.locator('dialog', { hasText: 'Sell 1 BTCUSD at market' }).waitFor()
    expect((await ask(port, '/api/positions/btc-2')).status).to.equal(200)
    await page.getByRole('button', { name: 'Exit btc-2 now' }).click()
    await page.locator('main', { hasText: 'No open position has this id' }).waitFor()
    await page.getByRole('link', { name: '← positions' }).click()
    await page.locator('.exits a', { hasText: 'btc-2' }).click()
    await page.locator('main', { hasText: 'Decision → fill' }).waitFor()
    const receipt = (await page.locator('main').textContent()) ?? ''
    expect(receipt).to.include('manual').and.include('Price that decided–Best price')
    await page.context().close()
  })

  it('turns grey while the service is away, continues after its restart, and asks for a new token', async () => {
    const { page } = await opened(browser, url)
    await page.locator('.row').first().waitFor()
    await service.stop()
    await page.locator('html.stale').waitFor({ state: 'attached' })
    expect(await page.locator('.age').textContent()).to.match(/Old data: \d+ s behind/)
    await page.locator('.trouble', { hasText: 'the service does not answer' }).waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await faultsOf(page), colorScheme).to.deep.equal([])
    }
    await start(port, { WATCHKEEPER_HTTP_TOKEN: TOKEN })
    await until(async () => (await page.locator('html.stale').count()) === 0)
    expect(await page.locator('.row').count()).to.equal(2)
    const give = async (token: string): Promise<void> => {
      await page.getByLabel('Token', { exact: true }).last().fill(token)
      await page.getByRole('button', { name: 'Use it' }).click()
    }
    await page.getByRole('button', { name: 'Kill switch: off' }).click()
    await page.getByRole('button', { name: 'block' }).click()
    await page.getByRole('button', { name: 'Set to block' }).click()
    await give('a wrong token that is long')
    await give(TOKEN)
    await page.getByRole('button', { name: 'Kill switch: block' }).waitFor()
    const kept = await page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])',
    )
    expect(kept).to.equal('[{},{},""]')
    await page.context().close()
  })

  it('shows each line of a long list once, at its place, while the list scrolls', async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    for (let each = 0; each < 80; each++) {
      const position = { id: `n-${each}`, instrument: 'GOLD', side: 'long', quantity: 1 }
      const body = JSON.stringify({ ...position, entryPrice: 2_632 })
      await ask(port, '/api/positions', { method: 'POST', headers, body })
    }
    const { page } = await opened(browser, url, { viewport: { width: 1_200, height: 600 } })
    const { positions } = (await ask(port, '/api/positions?limit=500')).json as unknown as {
      positions: object[]
    }
    const count = positions.length
    await page.locator('.count', { hasText: `${count} positions` }).waitFor()
    const shown = `[...document.querySelectorAll('.row')].map(row =>
      [parseFloat(row.style.top), Number(row.getAttribute('aria-rowindex')) - 2, row.id])`
    for (const top of [0, 1_777, 3_200, 400]) {
      await page.evaluate(`window.scrollTo(0, ${top})`)
      const first = `document.querySelector('.rows').getBoundingClientRect().top`
      await until(async () => {
        const seen = -(await page.evaluate<number>(first))
        const rows = await page.evaluate<[number, number, string][]>(shown)
        const places = new Set(rows.map(([, index]) => index))
        const needed = Array.from({ length: 14 }, (_, line) => Math.floor(seen / 40) + line)
        return (
          rows.every(([at, index]) => at === 40 * index) &&
          new Set(rows.map(([, , id]) => id)).size === rows.length &&
          needed.every(line => line < 0 || line >= count || places.has(line))
        )
      })
    }
    await page.context().close()
  })

  it('reloads where the service serves another build, and not for good where that gives the same page', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    let loads = 0
    page.on('load', () => loads++)
    await page.route('**/api/view?*', async route => {
      const body = (await (await route.fetch()).json()) as Record<string, unknown>
      await route.fulfill({ json: { ...body, build: 'another' } })
    })
    await page.goto(url)
    await page.locator('.age', { hasText: 'page of another version' }).waitFor()
    await page.locator('.row').first().waitFor()
    expect(loads).to.equal(2)
    await context.close()
  })
})
