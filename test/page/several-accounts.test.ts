import { expect } from 'chai'
import type { Browser } from 'playwright-core'
import { parse } from 'yaml'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { launched, opened } from '../support/browser.ts'
import { builtPage } from '../support/built-page.ts'
import { Folder } from '../support/cli.ts'
import { ask } from '../support/http.ts'
import { needing } from '../support/needing.ts'
import { until } from '../support/until.ts'

const ODD = 'week / one ?#%"<b>ü'
const POSITIONS = `
rules: { default: { stopLoss: { pct: 50 } } }
positions:
  - { account: desk, id: '${ODD}', instrument: BTCUSD, side: long, quantity: 1, entryPrice: 92400 }
  - { account: desk, id: a-position-whose-id-is-longer-than-any-column-of-the-list, instrument: GOLD, side: long, quantity: 1, entryPrice: 2632 }
  - { account: coins, id: unpriced-1, instrument: BTCUSDT, side: long, quantity: 1, entryPrice: 92000 }
`
const CONFIG = `
feeds:
  priced: { kind: simulated }
  silent: { kind: redis, redis: { url: 'redis://127.0.0.1:1' } }
accounts:
  desk: { broker: { kind: paper }, feed: priced }
  coins: { broker: { kind: paper }, feed: silent, mode: observe }
`

needing('chromium').describe('The page of several accounts', function () {
  this.timeout(120_000)

  let folder: Folder
  let service: RunningWatchkeeper
  let browser: Browser
  let port: number

  before(async () => {
    builtPage()
    folder = new Folder()
    const positions = folder.file('positions.yaml', POSITIONS)
    const own = { positions, dataFolder: `${folder.path}/data`, http: { port: 0 } }
    const config = { ...(parse(CONFIG) as object), ...own }
    service = await startWatchkeeper({ config, env: {} })
    port = Number(new URL(service.url).port)
    browser = await launched()
  })

  after(async () => {
    await browser.close()
    await service.stop()
    folder.remove()
  })

  const switches = async (): Promise<string[]> => {
    const { json } = await ask(port, '/api/accounts')
    return (json as unknown as { killSwitch: string }[]).map(({ killSwitch }) => killSwitch)
  }

  it('moves the kill switch of every account at once, and of one alone', async () => {
    const { page, complaints } = await opened(browser, `http://127.0.0.1:${port}/`)
    await page.getByRole('button', { name: 'Kill switch: off' }).click()
    await page.getByRole('button', { name: 'block' }).click()
    await page.locator('dialog', { hasText: 'Kill switch of every account: off → block' }).waitFor()
    await page.getByRole('button', { name: 'Set to block' }).click()
    await until(async () => (await switches()).join() === 'block,block')
    await page.getByRole('button', { name: 'Kill switch: block' }).click()
    await page.locator('dialog select').selectOption('coins')
    await page.getByRole('button', { name: 'off', exact: true }).click()
    await page.getByRole('button', { name: 'Set to off' }).click()
    await until(async () => (await switches()).join() === 'block,off')
    expect(complaints).to.deep.equal([])
    await page.context().close()
  })

  it('shows what is not known of a position without a price, and cuts off an id that does not fit', async () => {
    const { page } = await opened(browser, `http://127.0.0.1:${port}/`)
    const unpriced = page.locator('.row', { hasText: 'coins/unpriced-1' })
    await unpriced.waitFor()
    const text = await unpriced.textContent()
    expect(text).to.include('no price').and.include('not known').and.not.include('no stop')
    const cut = `[...document.querySelectorAll('.row .id')]
      .filter(each => each.scrollWidth > each.clientWidth)
      .map(each => [each.textContent.slice(0, 15), getComputedStyle(each).overflowX])`
    expect(await page.evaluate(cut)).to.deep.include(['desk/a-position', 'clip'])
    expect(
      await page.evaluate(`${cut}.filter(([, overflow]) => overflow !== 'clip')`),
    ).to.deep.equal([])
    await unpriced.click()
    await page.getByRole('button', { name: 'Exit', exact: true }).click()
    const effect = await page.locator('dialog .effect').textContent()
    expect(effect).to.include('It has no price now').and.not.include('–')
    expect(effect).to.include('No order may leave now: mode: observe')
    await page.context().close()
  })

  it('leads from the journal to a position with any characters in its id, and exits that one', async () => {
    const { page, complaints } = await opened(browser, `http://127.0.0.1:${port}/#/journal`)
    await page.getByRole('link', { name: ODD }).first().click()
    await page.locator('h2', { hasText: `desk/${ODD}` }).waitFor()
    await page.locator('main', { hasText: 'stopLoss' }).waitFor()
    expect(complaints).to.deep.equal([])
    await page.getByRole('button', { name: 'Exit', exact: true }).click()
    await page.getByRole('button', { name: `Exit desk/${ODD} now` }).click()
    await page.locator('main', { hasText: 'No open position has this id' }).waitFor()
    await page.goto(`http://127.0.0.1:${port}/#/trades`)
    await page.getByRole('link', { name: ODD }).first().click()
    await page.locator('main', { hasText: 'Decision → fill' }).waitFor()
    // The browser notes the answer about a position that is over.
    expect(complaints.filter(text => !text.includes('404 (Not Found)'))).to.deep.equal([])
    await page.context().close()
  })

  it('asks about the held exits of an account where that account holds some', async () => {
    const gold = 'a-position-whose-id-is-longer-than-any-column-of-the-list'
    const { status } = await ask(port, '/api/accounts/all/kill-switch', {
      method: 'POST',
      body: { state: 'halt' },
    })
    expect(status).to.equal(200)
    await ask(port, `/api/accounts/desk/positions/${gold}/exit`, {
      method: 'POST',
      body: {},
    })
    const held = async (): Promise<number[]> => {
      const { json } = await ask(port, '/api/accounts')
      return (json as unknown as { heldExits: number }[]).map(({ heldExits }) => heldExits)
    }
    await until(async () => (await held()).join() === '1,0')
    const { page, complaints } = await opened(browser, `http://127.0.0.1:${port}/`)
    const moveTo = async (account: string, state: string) => {
      await page.getByRole('button', { name: 'Kill switch: halt', exact: true }).click()
      await page.locator('dialog select').selectOption(account)
      await page.getByRole('button', { name: state, exact: true }).click()
      return page.locator('dialog', { hasText: `Kill switch of ${account}: halt → ${state}` })
    }
    const coins = await moveTo('coins', 'off')
    await coins.waitFor()
    expect(await coins.textContent()).not.to.include('held')
    await page.getByRole('button', { name: 'Back' }).click()
    const desk = await moveTo('desk', 'off')
    await desk.waitFor()
    expect(await desk.textContent()).to.include('1 exits are held:')
    await page.getByRole('radio', { name: 'discard them' }).check()
    await page.getByRole('button', { name: 'Set to off' }).click()
    await until(async () => (await switches()).join() === 'off,halt')
    expect(await held()).to.deep.equal([0, 0])
    await ask(port, '/api/accounts/coins/kill-switch', {
      method: 'POST',
      body: { state: 'off' },
    })
    expect(complaints).to.deep.equal([])
    await page.context().close()
  })
})
