import { expect } from 'chai'
import type { Browser } from 'playwright-core'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import { faultsOf, launched, opened } from '../support/browser.ts'
import { builtPage } from '../support/built-page.ts'
import { FakeControl } from '../support/fake-control.ts'
import { ask } from '../support/http.ts'
import { needing } from '../support/needing.ts'

needing('chromium').describe('The document of the API in a browser', function () {
  this.timeout(120_000)

  let server: HttpServer
  let browser: Browser
  let url: string

  before(async () => {
    builtPage()
    server = await serveHttp({
      control: new FakeControl(),
      host: '127.0.0.1',
      port: 0,
      hosts: ['watch.example'],
      token: 'sixteen letters!',
    })
    url = `http://127.0.0.1:${server.port}/docs`
    browser = await launched()
  })

  after(async () => {
    await browser.close()
    await server.close()
  })

  it('shows every operation without a token, an error or a serious accessibility fault', async () => {
    const { json } = await ask(server.port, '/openapi.json')
    const paths = Object.values(json['paths'] as Record<string, object>)
    const count = paths.reduce((sum, methods) => sum + Object.keys(methods).length, 0)
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, complaints } = await opened(browser, url, { colorScheme })
      await page.locator('summary', { hasText: 'POST /api/kill-switch' }).click()
      expect(await page.locator('section > details').count()).to.equal(count)
      // Of the document itself, for the live page: nothing is waited for here.
      expect(await page.locator('.banner').count()).to.equal(0)
      expect(await faultsOf(page), colorScheme).to.deep.equal([])
      expect(complaints).to.deep.equal([])
      await page.context().close()
    }
  })

  it('shows parameters, body, answers, role, error codes and a command', async () => {
    const { page } = await opened(browser, url, { viewport: { width: 390, height: 844 } })
    await page.getByRole('searchbox').fill('post /api/kill-switch')
    await page.locator('.count', { hasText: '1 of' }).waitFor()
    await page.locator('section > details > summary').click()
    const text = (await page.locator('section > details').textContent())!
    for (const part of [
      'operate',
      'Idempotency-Key',
      'HELD_EXITS',
      `curl -X POST '${url.replace('/docs', '')}/api/kill-switch'`,
      `-d '{"state":"off"}'`,
      '"flatten"',
    ]) {
      expect(text).to.include(part)
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(390)
    await page.context().close()
  })

  it('begins nothing of the live page, whose first screen does not load it', async () => {
    const { page } = await opened(browser, url)
    const asked: string[] = []
    page.on('request', request => asked.push(new URL(request.url()).pathname))
    await page.reload()
    await page.locator('summary').first().waitFor()
    expect(asked.filter(path => path.startsWith('/api/'))).to.deep.equal([])
    const chunks = asked.filter(path => path.startsWith('/page/'))
    const { text } = await ask(server.port, '/')
    expect(chunks.filter(path => !text.includes(path.slice(1)))).to.have.length.above(0)
    await page.context().close()
  })
})
