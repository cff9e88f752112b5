import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect } from 'chai'
import { pageFiles } from '../../../src/http/page-files.ts'
import { serveHttp, type HttpServer } from '../../../src/http/server.ts'
import { builtPage } from '../../support/built-page.ts'
import { FakeControl } from '../../support/fake-control.ts'
import { ask, askRaw } from '../../support/http.ts'

const KIB = 1_024

/** The files that a browser loads for the first screen, and all of them. */
const manifest = (): { first: string[]; files: Record<string, string> } =>
  JSON.parse(
    readFileSync(new URL('../../../dist/page/manifest.json', import.meta.url), 'utf8'),
  ) as ReturnType<typeof manifest>

describe('The files of the page', () => {
  let server: HttpServer

  before(async () => {
    builtPage()
    server = await serveHttp({ control: new FakeControl(), host: '127.0.0.1', port: 0 })
  })

  after(() => server.close())

  /** Bytes of a file over the wire, in the best encoding. */
  const weight = (name: string): number => {
    const file = pageFiles()!.files.get(name)!
    return Math.min(file.bodies.br.length, file.bodies.identity.length)
  }

  it('weigh at most 40 KiB for the first screen, and 100 KiB in all', () => {
    const { first, files } = manifest()
    const sum = (names: readonly string[]): number =>
      names.reduce((total, name) => total + weight(name), 0)
    expect(sum(first), 'first screen').to.be.at.most(40 * KIB)
    expect(sum(Object.keys(files)), 'all').to.be.at.most(100 * KIB)
  })

  it('have a strict policy: no script in the markup, and one style sheet by its hash', async () => {
    const policy = (styles: string): string =>
      `default-src 'none';script-src 'self';style-src 'self'${styles};img-src 'self' data:;connect-src 'self';` +
      "base-uri 'none';form-action 'none';frame-ancestors 'none';require-trusted-types-for 'script'"
    for (const path of ['/', '/docs']) {
      const { headers, text } = await ask(server.port, path)
      const [, sheet, ...others] = text.split(/<style>|<\/style>/)
      expect(others.join('')).to.not.match(/ style=|<style|<script(?! type="module" src=)/)
      const hash = createHash('sha256').update(sheet!).digest('base64')
      expect(headers['content-security-policy']).to.equal(policy(` 'sha256-${hash}'`))
    }
    const { headers } = await ask(server.port, '/api/view')
    expect(headers['content-security-policy']).to.equal(policy(''))
  })

  it('are cached for good by their names, and the page itself is revalidated each time', async () => {
    const page = await ask(server.port, '/')
    expect(page.headers['cache-control']).to.equal('no-cache')
    const etag = page.headers['etag'] as string
    const again = await ask(server.port, '/', { headers: { 'if-none-match': etag } })
    expect([again.status, again.text]).to.deep.equal([304, ''])
    for (const name of manifest().first.filter(each => each !== 'index.html')) {
      expect(page.text).to.include(name)
      const { status, headers } = await ask(server.port, `/page/${name}`)
      expect(status).to.equal(200)
      expect(headers['cache-control']).to.include('immutable')
    }
  })

  it('are encoded as a client accepts them', async () => {
    const name = manifest().first.find(each => each.endsWith('.js'))!
    const as = async (encoding: string) =>
      askRaw(
        server.port,
        `GET /page/${name} HTTP/1.1\r\nhost: localhost\r\naccept-encoding: ${encoding}\r\nconnection: close\r\n\r\n`,
      )
    expect(await as('gzip, br')).to.include('content-encoding: br')
    expect(await as('gzip')).to.include('content-encoding: gzip')
    expect(await as('identity')).to.not.include('content-encoding')
    const { bodies } = pageFiles()!.files.get(name)!
    expect(brotliDecompressSync(bodies.br)).to.deep.equal(bodies.identity)
    expect(gunzipSync(bodies.gzip)).to.deep.equal(bodies.identity)
    expect(brotliCompressSync(bodies.identity).length).to.be.at.least(bodies.br.length)
  })

  it('give no access to other files', async () => {
    for (const path of [
      '/page/manifest.json',
      '/page/..%2f..%2fpackage.json',
      '/page/%2e%2e/package.json',
      '/page/../package.json',
      '/page/..%5c..%5cpackage.json',
      '/page/%252e%252e%252fpackage.json',
      '/page/index.html%00.js',
      '/page/index.html.br',
      '/page/constructor',
      '/page//etc/passwd',
      '/page/',
    ]) {
      expect((await ask(server.port, path)).status, path).to.equal(404)
    }
    // A client that normalises nothing.
    for (const path of [
      '/page/../../package.json',
      '/../package.json',
      '/docs/../../package.json',
    ]) {
      const answer = await askRaw(
        server.port,
        `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
      )
      expect(answer, path).to.match(/^HTTP\/1\.1 404 /)
    }
  })

  it('need no token off loopback; their requests do', async () => {
    const token = 'sixteen letters!'
    const open = await serveHttp({
      control: new FakeControl(),
      host: '0.0.0.0',
      port: 0,
      token,
    })
    try {
      expect((await ask(open.port, '/')).status).to.equal(200)
      for (const path of [
        '/api/view',
        '/page/../api/view',
        '//api/view',
        '/page/x/../../api/view',
      ]) {
        expect((await ask(open.port, path)).status, path).to.be.oneOf([401, 404])
      }
      expect((await ask(open.port, '/api/view')).status).to.equal(401)
    } finally {
      await open.close()
    }
  })
})
