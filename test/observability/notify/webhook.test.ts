import { createHmac, timingSafeEqual } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { HttpRequest } from '../../../src/observability/notify/delivery.ts'
import { signed, webhook, webhookOptions } from '../../../src/observability/notify/webhook.ts'

const NOW = 1_700_000_000_500
const ITEM = {
  seq: 7,
  at: NOW,
  event: 'exits',
  tone: 'good',
  title: 'Exited p1',
  text: 'long 1 ACME',
  line: { seq: 7, at: NOW, kind: 'exit-filled' },
} as const
const MESSAGE = {
  id: 'desk-1-7-7-1',
  service: 'desk-1',
  items: [ITEM],
  leftOut: undefined,
  mayRepeat: false,
} as const

/** The check of a receiver, as docs/notifications.md has it. */
function isFrom(key: string, { headers, body }: HttpRequest, nowMs: number): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': given } = headers
  if (Math.abs(nowMs / 1_000 - Number(timestamp)) > 300) return false
  const wanted = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  const [a, b] = [Buffer.from(`v1,${wanted}`), Buffer.from(given!)]
  return a.length === b.length && timingSafeEqual(a, b)
}

describe('webhook', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-hook-'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const requestOf = (but: object, now = NOW): HttpRequest =>
    webhook(
      webhookOptions.parse({ kind: 'webhook', url: 'https://hook.example/x', ...but }),
      () => now,
    ).message(MESSAGE) as HttpRequest

  it('signs id, time and body, so that a changed body, key or time is not taken', () => {
    const key = 'a-key-of-16-chars'
    const request = requestOf({ secret: key })
    expect(isFrom(key, request, NOW)).to.equal(true)
    expect(isFrom('another-key-here!', request, NOW)).to.equal(false)
    expect(isFrom(key, { ...request, body: request.body.replace('p1', 'p2') }, NOW)).to.equal(false)
    expect(isFrom(key, request, NOW + 301_000)).to.equal(false)
    const headers = { ...request.headers, 'webhook-timestamp': String(NOW / 1_000 + 600) }
    expect(isFrom(key, { ...request, headers }, NOW + 600_000)).to.equal(false)
  })

  it('signs each try anew under the same id', () => {
    const [first, second] = [NOW, NOW + 60_000].map(now =>
      requestOf({ secret: 'a-key-of-16-chars' }, now),
    )
    expect(second!.headers['webhook-id']).to.equal(first!.headers['webhook-id'])
    expect(second!.headers['webhook-signature']).to.not.equal(first!.headers['webhook-signature'])
  })

  it('computes the example of the Standard Webhooks specification', () => {
    const body = '{"test": 2432232314}'
    const given = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body, at: 1_614_265_330_000 }
    expect(signed(given, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')['webhook-signature']).to.equal(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    )
  })

  it('reads its key from a file of mode 0600 and from no other', () => {
    const secretFile = join(folder, 'key')
    writeFileSync(secretFile, 'a-key-of-16-chars\n', { mode: 0o644 })
    expect(() => requestOf({ secretFile })).to.throw('others can read the secret file (mode 0644)')
    rmSync(secretFile)
    writeFileSync(secretFile, 'a-key-of-16-chars\n', { mode: 0o600 })
    expect(isFrom('a-key-of-16-chars', requestOf({ secretFile }), NOW)).to.equal(true)
    expect(() => requestOf({ secretFile: join(folder, 'none') })).to.throw('(ENOENT)')
  })

  it('sends the text for a person and the journal line for a program', () => {
    const body = JSON.parse(requestOf({}).body) as Record<string, unknown>
    expect(body).to.deep.include({ id: 'desk-1-7-7-1', text: 'Exited p1\nlong 1 ACME' })
    expect(body['items']).to.deep.equal([{ ...ITEM, at: new Date(NOW).toISOString() }])
    expect(requestOf({}).headers).to.not.have.property('webhook-signature')
  })
})
