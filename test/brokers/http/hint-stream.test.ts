import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { HintStream } from '../../../src/brokers/http/hint-stream.ts'
import type { AccountHint } from '../../../src/domain/account-hint.ts'
import { anHttpBroker } from '../../support/http-broker.ts'
import { until } from '../../support/until.ts'

describe('HintStream', () => {
  let server: Server
  let url: string
  let streams: ServerResponse[]
  let tokens: (string | undefined)[]
  let status: number
  let hints: AccountHint[]
  let stream: HintStream | undefined

  beforeEach(async () => {
    streams = []
    tokens = []
    hints = []
    status = 200
    server = createServer((request, response) => {
      tokens.push(request.headers.authorization)
      response.writeHead(status)
      response.flushHeaders()
      if (status === 200) streams.push(response)
      else response.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterEach(() => {
    stream?.close()
    stream = undefined
    server.closeAllConnections()
    server.close()
  })

  const open = (silentMs = 60_000): void => {
    const onHint = (hint: AccountHint): void => void hints.push(hint)
    const token = (): Promise<string> => Promise.resolve(`secret-${tokens.length}`)
    stream = new HintStream({ url, token, onHint, silentMs, againMs: 5 })
  }
  const kinds = (): string[] => hints.map(({ kind }) => kind)
  const seen = (...wanted: string[]): Promise<void> =>
    until(() => JSON.stringify(kinds()) === JSON.stringify(wanted))

  it('is not up while the server refuses it, tries again, and then asks for everything', async () => {
    status = 503
    open()
    await until(() => tokens.length > 2)
    expect(hints).to.deep.equal([])
    status = 200
    await seen('up')
    expect(new Set(tokens).size, 'a token for each connection').to.equal(tokens.length)
  })

  it('is down where the server ends it, and up again with the next connection', async () => {
    open()
    await seen('up')
    streams[0]!.end()
    await seen('up', 'down', 'up')
  })

  it('is down where it is silent, and not while empty lines come', async () => {
    open(200)
    await seen('up')
    const beat = setInterval(() => streams[0]!.write('\n'), 20)
    await until(() => streams[0]!.socket!.bytesWritten > 400)
    expect(kinds()).to.deep.equal(['up'])
    clearInterval(beat)
    await until(() => kinds().includes('down'))
    expect(hints[1]).to.deep.equal({ kind: 'down', why: 'the stream is silent' })
  })

  it('passes on what is pushed, line by line, and counts what it cannot read', async () => {
    open()
    await seen('up')
    streams[0]!.write('{"kind":"order","clientOrderId":"wk1","instr')
    streams[0]!.write('ument":"ACME"}\n\n{"kind":"holding","instrument":"ACME"}\n')
    streams[0]!.write('{"kind":"gap"}\n{"kind":"up"}\nnonsense\n{"kind":"holding"}\n')
    await seen('up', 'order', 'holding', 'gap', 'odd', 'odd', 'odd')
    expect(hints.slice(1, 3)).to.deep.equal([
      { kind: 'order', clientOrderId: 'wk1', instrument: 'ACME' },
      { kind: 'holding', instrument: 'ACME' },
    ])
    expect(hints.slice(4).map(each => Object(each).what)).to.deep.equal([
      'shape',
      'syntax',
      'shape',
    ])
  })

  it('takes no line without an end', async () => {
    open()
    await seen('up')
    streams[0]!.write('x'.repeat(70_000))
    await seen('up', 'down', 'up')
  })

  it('is what a broker has whose configuration says so, and ends with it', async () => {
    expect(anHttpBroker(url).streamHints).to.equal(undefined)
    const broker = anHttpBroker(url, { stream: true })
    broker.streamHints!(hint => void hints.push(hint))
    await seen('up')
    const ended = once(streams[0]!, 'close')
    await broker.close()
    await ended
    expect(kinds()).to.deep.equal(['up'])
  })
})
