import { expect } from 'chai'
import { cut } from '../../../src/observability/notify/channel.ts'
import type { HttpRequest } from '../../../src/observability/notify/delivery.ts'
import { discord, discordOptions } from '../../../src/observability/notify/discord.ts'

describe('discord', () => {
  const channel = discord(
    discordOptions.parse({ kind: 'discord', url: 'https://discord.example/api/webhooks/1/x' }),
  )

  it('escapes names, mentions no one, and waits for the answer', () => {
    const { url, body } = channel.request({
      status: 'warn',
      before: 'pass',
      at: 0,
      service: 'desk-1',
      timezone: 'UTC',
      reasons: ['@everyone *p1* <@42>'],
      leftOut: 0,
    }) as HttpRequest
    expect(url).to.equal('https://discord.example/api/webhooks/1/x?wait=true')
    expect(JSON.parse(body)).to.deep.equal({
      content:
        '🟡 **desk\\-1 reports warn, 1970\\-01\\-01T00\\:00\\:00.000Z**\n\\@everyone \\*p1\\* \\<\\@42\\>',
      allowed_mentions: { parse: [] },
      flags: 4,
    })
  })

  it('stays within 2,000 characters, whatever must be escaped', () => {
    const { body } = channel.request({
      status: 'fail',
      before: 'pass',
      at: 0,
      service: 'desk-1',
      timezone: 'UTC',
      reasons: ['*'.repeat(5_000)],
      leftOut: 0,
    }) as HttpRequest
    expect((JSON.parse(body) as { content: string }).content.length).to.be.at.most(2_000)
  })
})

describe('cut', () => {
  it('never halves a character', () => {
    expect(cut('ab😀cd', 4)).to.equal('ab…')
    expect(cut('abcd', 4)).to.equal('abcd')
  })
})
