import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { tokenFrom } from '../../../src/brokers/credentials.ts'
import { exchange } from '../../../src/brokers/http/exchange.ts'
import { NotSent, OutcomeUnknown, Unauthorized } from '../../../src/errors.ts'
import type { Harm } from '../../support/broker-server/script.ts'
import { aCertificate } from '../../support/certificate.ts'
import { running } from '../../support/compiled.ts'
import { anOrder, everyCall, failure, ID, stage } from '../../support/http-broker.ts'

const MANY_QUESTIONS = fileURLToPath(new URL('../../support/many-questions.ts', import.meta.url))
const { signal } = new AbortController()

describe('a call over HTTP', () => {
  const on = stage()

  describe('before any byte of a request has left', () => {
    let silent: Server
    let received: Buffer

    /** Accepts connections and never sends a byte. */
    beforeEach(async () => {
      received = Buffer.alloc(0)
      silent = createServer(socket => {
        socket.on('error', () => undefined)
        socket.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])))
      })
      silent.listen(0, '127.0.0.1')
      await once(silent, 'listening')
    })
    afterEach(() => void silent.close())
    const silentUrl = (protocol: string): string =>
      `${protocol}://127.0.0.1:${(silent.address() as AddressInfo).port}`

    it('reports that it was not sent when no server listens', async () => {
      await on.remote.script({ set: { outage: { mode: 'refuse' } } })
      for (const [name, call] of Object.entries(everyCall(on.open()))) {
        expect(await failure(call()), name).to.be.instanceOf(NotSent)
      }
      await on.remote.script({ set: { outage: null } })
      expect(on.remote.book().orders).to.deep.equal([])
    })

    it('reports that an order was not sent when the server no longer listens', async () => {
      const broker = on.open()
      for (let time = 0; time < 20; time++) {
        // Leaves a connection behind that the server then ends.
        await broker.holdings(signal)
        await on.remote.script({ set: { outage: { mode: 'refuse' } } })
        expect(await failure(broker.placeExit(anOrder(), signal))).to.be.instanceOf(NotSent)
        await on.remote.script({ set: { outage: null } })
      }
    })

    it('reports that it was not sent when the host has no address', async () => {
      const error = await failure(on.open({}, 'http://broker.invalid').placeExit(anOrder(), signal))
      expect(error).to.be.instanceOf(NotSent)
    })

    it('connects whatever whole number of milliseconds a connection may take', async () => {
      await on.remote.script({ hands: [{ instrument: 'ACME', quantity: 1 }] })
      for (const connectTimeoutMs of [2_001, 599_999]) {
        expect(await on.open({ connectTimeoutMs }).holdings(signal)).to.have.length(1)
      }
    })

    it('waits for a distant address, though another address of the name is dead', async () => {
      // Accepts connections, and then none for a while: the next client has to repeat its SYN after
      // a second.
      const child = spawn(process.execPath, [
        '-e',
        `const server = require('http').createServer((_, answer) => answer.end('{"holdings":[]}'))
         server.listen({ port: 0, host: '127.0.0.2', backlog: 1 }, () => {
           process.stdout.write(String(server.address().port))
         })
         process.stdin.once('data', () => {
           process.stdout.write(' blocked')
           Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700)
         })`,
      ])
      const [port] = (await once(child.stdout, 'data')) as [Buffer]
      child.stdin.write('x')
      await once(child.stdout, 'data')
      const first = Array.from({ length: 4 }, () => connect(Number(port.toString()), '127.0.0.2'))
      for (const each of first) each.on('error', () => undefined)
      await once(first[0]!, 'connect')
      const addresses = [
        { address: '127.0.0.2', family: 4 },
        { address: '127.0.0.3', family: 4 },
      ]
      const agent = new Agent({ lookup: (_name, _options, answer) => answer(null, addresses) })
      const line = {
        agent,
        orderAgent: agent,
        url: `http://far.example:${port.toString()}`,
        connectTimeoutMs: 20_000,
        timeoutMs: 20_000,
        answerBytes: 1_024,
      }
      try {
        const ask = { method: 'GET', path: '/v1/holdings' } as const
        const { status } = await exchange(line, { ask, token: 'x' }, signal)
        expect(status).to.equal(200)
      } finally {
        for (const each of first) each.destroy()
        child.kill('SIGKILL')
      }
    })

    it('reports that it was not sent when the server does not prove its identity', async () => {
      silent.on('connection', socket =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n')),
      )
      const broker = on.open({}, silentUrl('https'))
      expect(await failure(broker.placeExit(anOrder(), signal))).to.be.instanceOf(NotSent)
      expect(received.toString('latin1')).to.not.match(/POST|ACME|test-token/)
    })

    it('reports that it was not sent when no connection is ready in time', async () => {
      const broker = on.open({ connectTimeoutMs: 50 }, silentUrl('https'))
      const error = await failure(broker.placeExit(anOrder(), signal))
      expect(error)
        .to.be.instanceOf(NotSent)
        .with.property('message')
        .match(/no connection/)
      expect(received.toString('latin1')).to.not.match(/POST|ACME|test-token/)
    })

    it('reports that it was not sent when it was aborted while connecting', async () => {
      const broker = on.open({}, silentUrl('https'))
      const giveUp = new AbortController()
      const answer = failure(broker.placeExit(anOrder(), giveUp.signal))
      await once(silent, 'connection')
      giveUp.abort()
      expect(await answer).to.be.instanceOf(NotSent)
    })

    it('sends nothing without a readable token', async () => {
      const unreadable: (() => string)[] = [
        () => '',
        () => 'two\nlines',
        () => 'schlüssel',
        () => {
          throw new Error('no such file')
        },
      ]
      for (const token of unreadable) {
        const error = await failure(
          on.open({ token: tokenFrom(token) }).placeExit(anOrder(), signal),
        )
        expect(error).to.be.instanceOf(Unauthorized)
        expect(error.message).to.not.include(token.toString())
      }
      expect(await on.sendings()).to.equal(0)
    })

    it('sends nothing after it was closed', async () => {
      const broker = on.open()
      await broker.close()
      expect(await failure(broker.placeExit(anOrder(), signal))).to.be.instanceOf(NotSent)
    })
  })

  describe('over TLS', () => {
    const { key, cert } = aCertificate()
    let server: TlsServer
    let url: string
    let requests: number

    beforeEach(async () => {
      requests = 0
      server = createTlsServer({ key, cert }, (_, response) => {
        requests++
        response.end('{"instrument":"ACME","kind":"flat"}')
      })
      server.listen(0)
      await once(server, 'listening')
      url = `https://localhost:${(server.address() as AddressInfo).port}`
    })
    afterEach(() => void server.close())

    it('sends nothing to a server whose certificate it does not trust', async () => {
      for (const [name, call] of Object.entries(everyCall(on.open({}, url)))) {
        expect(await failure(call()), name).to.be.instanceOf(NotSent)
      }
      expect(requests).to.equal(0)
    })

    it('sends more requests at once than it has connections, to a server that it trusts', async () => {
      const trusted = join(on.remote.folder, 'trusted.pem')
      writeFileSync(trusted, cert)
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: trusted }
      const args = [...running(MANY_QUESTIONS), url, '150']
      const { stdout } = await promisify(execFile)(process.execPath, args, { env })
      expect(JSON.parse(stdout)).to.deep.equal({ flat: 150 })
    })
  })

  describe('after it was sent', () => {
    const status = (code: number, headers = {}): Harm => ({
      kind: 'status',
      when: 'after',
      status: code,
      headers,
    })
    const location = 'http://127.0.0.1:9/'
    /** Possible answers to an order that was executed. */
    const LOST: Readonly<Record<string, Harm>> = {
      'a reset connection': { kind: 'reset', when: 'after' },
      'status 500': status(500),
      'status 502 of a proxy': status(502),
      'status 503 with a time to come back': status(503, { 'retry-after': '1' }),
      'status 400': status(400),
      'status 403': status(403),
      'status 404': status(404),
      'status 409': status(409),
      'status 421, which others send again': status(421),
      'status 204 without an answer': status(204),
      'a redirect that keeps the method': status(307, { location }),
      'a redirect that does not': status(303, { location }),
      nothing: { kind: 'raw', text: '' },
      'half an answer': { kind: 'raw', text: `{"clientOrderId":"${ID}","kind":"ack` },
      'a page': { kind: 'raw', text: '<html>Please log in</html>' },
      null: { kind: 'raw', text: 'null' },
      'a list': { kind: 'raw', text: '[{"kind":"rejected","code":"refused"}]' },
      'an answer without a kind': { kind: 'patch', fields: { kind: null } },
      'an unknown kind': { kind: 'patch', fields: { kind: 'accepted' } },
      'a rejection without a code': { kind: 'patch', fields: { kind: 'rejected' } },
      'an answer about another order': { kind: 'patch', fields: { clientOrderId: 'wk2' } },
      'an answer about no order': { kind: 'patch', fields: { clientOrderId: null } },
      'a filled order without a fill': {
        kind: 'patch',
        fields: { order: { kind: 'filled', executed: { quantity: 0, price: null } } },
      },
      'a quantity as text': {
        kind: 'patch',
        fields: { order: { kind: 'filled', executed: { quantity: '2', price: 90 } } },
      },
      'more than it wants to read': { kind: 'flood', bytes: 100_000_000 },
    }

    for (const [name, harmDone] of Object.entries(LOST)) {
      it(`treats the order as unknown after ${name}, and sends it once`, async () => {
        await on.harm(harmDone, { on: 'place' })
        const broker = on.open()
        const error = await failure(broker.placeExit(anOrder(), signal))
        expect(error).to.be.instanceOf(OutcomeUnknown)
        expect(error.message).to.not.include('test-token')
        expect(await on.sendings()).to.equal(1)
        expect(await broker.orderByClientId(ID, signal)).to.deep.equal({
          kind: 'filled',
          executed: { quantity: 2, price: 90 },
        })
      })
    }

    for (const when of ['before', 'writing', 'after'] as const) {
      it(`treats the order as unknown when the server dies ${when} it acts`, async () => {
        await on.harm({ kind: 'crash', when }, { on: 'place' })
        const broker = on.open()
        expect(await failure(broker.placeExit(anOrder(), signal))).to.be.instanceOf(OutcomeUnknown)
        await on.remote.death()
        expect(on.remote.book().fills).to.have.length(when === 'after' ? 1 : 0)
        await on.remote.restart()
        const again = await broker.placeExit(anOrder(), signal)
        expect(again.kind).to.equal(when === 'after' ? 'duplicate' : 'acknowledged')
        expect(on.remote.book().holdings).to.deep.equal([{ instrument: 'ACME', quantity: 3 }])
      })
    }

    const STUCK: Readonly<Record<string, Harm>> = {
      'nothing comes': { kind: 'hang', when: 'after' },
      'it comes a byte a second': { kind: 'drip', everyMs: 1000 },
      'it never ends': { kind: 'drip', everyMs: 1, padding: 1_000_000 },
    }
    for (const [name, harmDone] of Object.entries(STUCK)) {
      it(`ends with the signal when ${name}`, async () => {
        await on.harm(harmDone, { times: 'always' })
        for (const ask of [
          (given: AbortSignal) => on.open().placeExit(anOrder(), given),
          (given: AbortSignal) => on.open().holdings(given),
        ]) {
          const error = await failure(ask(AbortSignal.timeout(100)))
          expect(error).to.be.instanceOf(OutcomeUnknown)
        }
      })

      it(`ends by itself when ${name} and the signal is silent`, async () => {
        await on.harm(harmDone)
        const error = await failure(on.open({ timeoutMs: 100 }).placeExit(anOrder(), signal))
        expect(error).to.be.instanceOf(OutcomeUnknown)
      })
    }

    it('treats an order as unknown that acts after the request was aborted', async () => {
      await on.harm({ kind: 'delay', when: 'before', ms: 300 }, { on: 'place' })
      const broker = on.open()
      const error = await failure(broker.placeExit(anOrder(), AbortSignal.timeout(50)))
      expect(error).to.be.instanceOf(OutcomeUnknown)
      expect(await broker.orderByClientId(ID, signal)).to.deep.equal({ kind: 'absent' })
      while ((await broker.orderByClientId(ID, signal)).kind === 'absent') await sleep(20)
      expect(on.remote.book().fills).to.have.length(1)
    })

    it('reads no unanswered query as flat or absent', async () => {
      const harms: Harm[] = [
        status(404),
        status(500),
        { kind: 'reset', when: 'after' },
        { kind: 'raw', text: '{}' },
        { kind: 'raw', text: '' },
      ]
      const broker = on.open()
      for (const harmDone of harms) {
        await on.harm(harmDone, { times: 'always' })
        for (const [name, call] of Object.entries(everyCall(broker))) {
          if (name === 'announced' && 'text' in harmDone && harmDone.text === '{}') continue
          expect(await failure(call()), name).to.be.instanceOf(OutcomeUnknown)
        }
        await on.remote.script({ clear: true })
      }
    })
  })
})
