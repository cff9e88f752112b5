import { networkInterfaces } from 'node:os'
import { expect } from 'chai'
import { isLoopback } from '../../src/http/access/hosts.ts'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import { FakeControl } from '../support/fake-control.ts'
import { ask, askRaw, type Asking } from '../support/http.ts'

const TOKEN = 'a token of some length'
const JSON_TYPE = { 'content-type': 'application/json' }
const HALT = { method: 'POST', body: { state: 'halt' } }

describe('access to the http server', () => {
  let control: FakeControl
  let server: HttpServer

  const serve = async (host: string, token?: string): Promise<void> => {
    control = new FakeControl()
    server = await serveHttp({ control, host, port: 0, token })
  }

  afterEach(() => server.close())

  const statusOf = async (path: string, asking?: Asking): Promise<number> =>
    (await ask(server.port, path, asking)).status

  it('knows the names and addresses of loopback', async () => {
    await serve('127.0.0.1')
    for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '[::1]', '::1']) {
      expect(isLoopback(host), host).to.equal(true)
    }
    for (const host of ['', 'localhost.evil.example', '127.0.0.1.example', '0.0.0.0', '10.0.0.1']) {
      expect(isLoopback(host), host).to.equal(false)
    }
  })

  describe('on loopback', () => {
    beforeEach(() => serve('127.0.0.1'))

    for (const host of ['localhost:1', '127.0.0.1', '127.8.8.8:80', '[::1]:9']) {
      it(`accepts the host ${host}`, async () => {
        expect(await statusOf('/api/positions', { headers: { host } })).to.equal(200)
      })
    }

    for (const host of ['evil.example', 'localhost.evil.example:8080', '192.168.0.1', '[::1']) {
      it(`refuses the host "${host}", which a rebound name would send`, async () => {
        const { status, json } = await ask(server.port, '/api/positions', { headers: { host } })
        expect([status, json['code']]).to.deep.equal([403, 'FOREIGN_HOST'])
      })
    }

    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example']) {
      it(`refuses the origin ${origin}`, async () => {
        const { status, json } = await ask(server.port, '/api/kill-switch', {
          ...HALT,
          headers: { origin },
        })
        expect([status, json['code']]).to.deep.equal([403, 'FOREIGN_ORIGIN'])
        expect(control.asked).to.deep.equal([])
      })
    }

    it('accepts the origin of a page on this machine', async () => {
      const headers = { origin: `http://localhost:${server.port}` }
      expect(await statusOf('/api/positions', { headers })).to.equal(200)
    })

    for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
      it(`refuses a change of type "${type}", which a form can send`, async () => {
        const asking = {
          method: 'POST',
          body: '{"state":"halt"}',
          headers: { ...(type !== '' && { 'content-type': type }) },
        }
        expect(await statusOf('/api/kill-switch', asking)).to.equal(415)
        const paths: [string, string][] = [
          ['POST', '/api/positions/p1/exit'],
          ['DELETE', '/api/positions/p1'],
        ]
        for (const [method, path] of paths) {
          expect(await statusOf(path, { ...asking, method })).to.equal(415)
        }
        expect(control.asked).to.deep.equal([])
      })
    }

    it('accepts JSON with a charset', async () => {
      const headers = { 'content-type': 'application/json ; charset=utf-8' }
      const asking = { method: 'POST', headers, body: '{"state":"halt"}' }
      expect(await statusOf('/api/kill-switch', asking)).to.equal(200)
    })

    it('lets no other site read: no answer allows an origin', async () => {
      const preflight = await ask(server.port, '/api/kill-switch', {
        method: 'OPTIONS',
        headers: { origin: 'http://localhost:1', 'access-control-request-method': 'POST' },
      })
      expect(preflight.status).to.be.at.least(400)
      expect(preflight.headers['access-control-allow-origin']).to.equal(undefined)
    })

    it('records no token holder where no token is set', async () => {
      await ask(server.port, '/api/kill-switch', {
        ...HALT,
        headers: { authorization: 'Bearer anything' },
      })
      expect(control.asked[0]!.by.who).to.equal('loopback')
    })

    it('refuses a request without a host', async () => {
      const text = 'GET /api/positions HTTP/1.0\r\nConnection: close\r\n\r\n'
      expect(await askRaw(server.port, text)).to.match(/^HTTP\/1\.1 403 /)
    })
  })

  describe('with a token on loopback', () => {
    beforeEach(() => serve('127.0.0.1', TOKEN))

    it('requires the token for every change', async () => {
      for (const authorization of ['', 'Bearer ', 'Bearer wrong', TOKEN, `Basic ${TOKEN}`]) {
        const headers = { ...(authorization !== '' && { authorization }) }
        const answer = await ask(server.port, '/api/kill-switch', { ...HALT, headers })
        expect([answer.status, answer.json['code']]).to.deep.equal([401, 'BAD_TOKEN'])
        expect(answer.headers['www-authenticate']).to.equal('Bearer')
      }
      expect(control.asked).to.deep.equal([])
    })

    it('cannot be bypassed by another spelling of the path', async () => {
      const base = `http://127.0.0.1:${server.port}`
      for (const path of ['/API/kill-switch', '//api/kill-switch', '/%61pi/kill-switch', base]) {
        const target = path === base ? `${base}/api/kill-switch` : path
        expect(await statusOf(target, HALT), target).to.be.oneOf([401, 404])
      }
      expect(control.asked).to.deep.equal([])
    })

    it('records a request with the token', async () => {
      const headers = { authorization: `Bearer ${TOKEN}` }
      expect(await statusOf('/api/kill-switch', { ...HALT, headers })).to.equal(200)
      expect(control.asked[0]!.by).to.deep.equal({ who: 'token', from: '127.0.0.1' })
    })

    it('leaves reads open', async () => {
      expect(await statusOf('/api/positions')).to.equal(200)
    })
  })

  describe('off loopback', () => {
    beforeEach(() => serve('0.0.0.0', TOKEN))

    it('requires the token for reads too, however the path is spelled', async () => {
      for (const path of ['/api/positions', '/API/positions', '/Api/Positions/p1', '/api/events']) {
        expect(await statusOf(path), path).to.be.oneOf([401, 404])
      }
      const headers = { authorization: `bearer ${TOKEN}` }
      expect(await statusOf('/api/positions', { headers })).to.equal(200)
    })

    it('leaves the paths of monitors open, under any name of the machine', async () => {
      const headers = { host: 'guard.example' }
      for (const path of ['/health', '/livez', '/readyz']) {
        expect(await statusOf(path, { headers }), path).to.equal(200)
      }
    })

    it('records the address of a request', async () => {
      const outside = Object.values(networkInterfaces())
        .flat()
        .find(each => each !== undefined && each.family === 'IPv4' && !each.internal)
      const headers = { authorization: `Bearer ${TOKEN}`, ...JSON_TYPE }
      const url = `http://${outside?.address ?? '127.0.0.1'}:${server.port}/api/kill-switch`
      await fetch(url, { method: 'POST', headers, body: '{"state":"halt"}' })
      expect(control.asked[0]!.by.from).to.equal(outside?.address ?? '127.0.0.1')
    })
  })
})
