import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { Channel, Message } from '../../../src/observability/notify/channel.ts'
import { deliver, type Delivered } from '../../../src/observability/notify/delivery.ts'
import { email, emailOptions } from '../../../src/observability/notify/email.ts'
import { aCertificate } from '../../support/certificate.ts'

const message = (title: string): Message => ({
  id: 'desk-1-7-7-1',
  service: 'desk-1',
  items: [
    {
      seq: 7,
      at: 0,
      event: 'exits',
      tone: 'good',
      title,
      text: 'long 1 ACME from 100\nfilled 110',
      line: { seq: 7, at: 0, kind: 'exit-filled' },
    },
  ],
  leftOut: undefined,
  mayRepeat: false,
})

describe('email', () => {
  let folder: string
  let server: SMTPServer | undefined
  let mails: string[]
  const certificate = aCertificate()

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-mail-'))
    writeFileSync(join(folder, 'ca.pem'), certificate.cert)
    writeFileSync(join(folder, 'password'), 'pass-word\n', { mode: 0o600 })
    mails = []
  })

  afterEach(async () => {
    const open = server
    server = undefined
    if (open !== undefined) await new Promise<void>(resolve => open.close(resolve))
    rmSync(folder, { recursive: true })
  })

  /** A mail server that lets `desk` in; gives its port. */
  async function serve(but: SMTPServerOptions = {}): Promise<number> {
    server = new SMTPServer({
      ...certificate,
      secure: true,
      onAuth: ({ username, password }, _session, done) => {
        const isRight = username === 'desk' && password === 'pass-word'
        done(isRight ? null : new Error('wrong'), { user: username })
      },
      onData: (stream, _session, done) => {
        const parts: Buffer[] = []
        stream.on('data', (part: Buffer) => parts.push(part))
        stream.on('end', () => {
          mails.push(Buffer.concat(parts).toString('utf8'))
          done(null, 'queued as 7')
        })
      },
      ...but,
    })
    // A client that trusts no such certificate hangs up.
    server.on('error', () => undefined)
    const { server: socket } = server
    await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve))
    return (socket.address() as AddressInfo).port
  }

  const at = (port: number, but: object = {}): Channel =>
    email(
      emailOptions.parse({
        kind: 'email',
        host: 'localhost',
        port,
        caFile: join(folder, 'ca.pem'),
        user: 'desk',
        passwordFile: join(folder, 'password'),
        sender: 'desk@example.com',
        to: ['me@example.com', 'you@example.com'],
        ...but,
      }),
    )

  const send = (channel: Channel, title = 'Exited p1'): Promise<Delivered> =>
    deliver(channel.message(message(title)), new AbortController().signal)

  it('sends plain text over TLS, with a Message-ID that stays the same', async () => {
    const channel = at(await serve())
    expect(await send(channel)).to.deep.include({ kind: 'taken' })
    await send(channel)
    expect(mails[0]).to.include('Subject: desk-1: Exited p1\r\n')
    expect(mails[0]).to.include('Message-ID: <desk-1-7-7-1@example.com>\r\n')
    expect(mails[0]).to.include('To: me@example.com, you@example.com\r\n')
    expect(mails[0]).to.include('long 1 ACME from 100\r\nfilled 110')
    expect(mails[1]).to.include('Message-ID: <desk-1-7-7-1@example.com>\r\n')
  })

  it('begins with STARTTLS where it is to, and sends nothing to a server without it', async () => {
    const port = await serve({ secure: false })
    expect((await send(at(port, { tls: 'starttls' }))).kind).to.equal('taken')
    await new Promise<void>(resolve => server!.close(resolve))
    const bare = await serve({ secure: false, hideSTARTTLS: true, disabledCommands: ['STARTTLS'] })
    const result = await send(at(bare, { tls: 'starttls' }))
    expect(result).to.include({ kind: 'unanswered', why: 'no trusted TLS connection' })
    expect(mails).to.have.length(1)
  })

  it('trusts no certificate but of the authorities that it is given', async () => {
    const result = await send(at(await serve(), { caFile: undefined }))
    expect(result).to.include({ kind: 'unanswered' })
    expect((result as { why: string }).why).to.equal('no trusted TLS connection')
    expect(mails).to.deep.equal([])
  })

  it('says that the server refuses the login, without the password', async () => {
    writeFileSync(join(folder, 'password'), 'another-word\n', { mode: 0o600 })
    const result = await send(at(await serve()))
    expect(result).to.include({ kind: 'refused', status: 535 })
    expect(JSON.stringify(result)).to.not.include('another-word')
  })

  it('tries again after a reply of 4xx, and not after 5xx', async () => {
    let code = 451
    const onData: SMTPServerOptions['onData'] = (stream, _session, done) => {
      stream.resume()
      stream.on('end', () => done(Object.assign(new Error('not now'), { responseCode: code })))
    }
    const channel = at(await serve({ onData }))
    expect(await send(channel)).to.include({ kind: 'unanswered', why: 'it answered 451' })
    code = 554
    expect(await send(channel)).to.include({ kind: 'refused', status: 554 })
  })

  it('lets no title add a header', async () => {
    await send(at(await serve()), 'Exited p1\r\nBcc: them@example.com')
    expect(mails[0]?.split('\r\n\r\n')[0]).to.not.match(/^Bcc:/m)
  })

  it('speaks without TLS to a server of this machine alone', async () => {
    const port = await serve({ secure: false, hideSTARTTLS: true, authOptional: true })
    const own = { tls: 'none', user: undefined, passwordFile: undefined }
    expect((await send(at(port, own))).kind).to.equal('taken')
    const other = await send(at(port, { ...own, host: 'mail.example' }))
    expect(other).to.include({ why: 'tls: none is for a server of this machine alone' })
  })
})
