import { expect } from 'chai'
import { KeptRow } from '../../src/observability/notify/kept-row.ts'
import { BotApi } from '../../src/telegram/bot-api.ts'
import { Bot, type BotOptions } from '../../src/telegram/bot.ts'
import type { KeptBot } from '../../src/telegram/kept-bot.ts'
import { aView, FakeControl } from '../support/fake-control.ts'
import { FakeTelegram } from '../support/fake-telegram.ts'
import { until } from '../support/until.ts'

const TOKEN = '1:fake-token'

describe('Bot', () => {
  let telegram: FakeTelegram
  let control: FakeControl
  let durable: KeptBot
  let noted: { kind: string; detail: Readonly<Record<string, unknown>> }[]
  let aheadMs: number
  let bot: Bot

  beforeEach(async () => {
    telegram = await FakeTelegram.start(TOKEN)
    control = new FakeControl()
    durable = { questions: [] }
    noted = []
    aheadMs = 0
  })

  afterEach(async () => {
    await bot.stop()
    await telegram.close()
  })

  /** A process that finds what the one before has kept. */
  function start(but: Partial<BotOptions> = {}): Bot {
    const store = {
      write: ({ rows }: { rows?: readonly { value?: unknown }[] }) => {
        durable = structuredClone(rows![0]!.value as KeptBot)
        return Promise.resolve([])
      },
    }
    bot = new Bot({
      name: 'telegram',
      users: [42],
      chats: [42, -7],
      acts: 'all',
      timezone: 'UTC',
      api: new BotApi({ url: telegram.url, token: () => TOKEN }),
      control,
      kept: new KeptRow<KeptBot>(store, 'telegram', structuredClone(durable)),
      pollSeconds: 1,
      note: (kind, detail) => noted.push({ kind, detail }),
      now: () => Date.now() + aheadMs,
      monotonic: () => performance.now(),
      ...but,
    })
    bot.start()
    return bot
  }

  /** What the bot answers to a text. */
  async function answerTo(
    text: string,
    from: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const { length } = telegram.sent
    telegram.write(text, from)
    await until(() => telegram.sent.length > length)
    return telegram.sent.at(-1)!
  }

  /** Resolves when an update is taken, whatever became of it. */
  const taken = (id: number): Promise<void> => until(() => telegram.isConfirmed(id))

  const nonceIn = (text: string): string => /\/confirm (\w+)/.exec(text)![1]!

  const acts = (): string[] => control.asked.map(({ what, by }) => `${what} ${by.who} ${by.from}`)

  it('acts in two steps, as the user who confirmed', async () => {
    start()
    const question = await answerTo('/exit p1')
    expect(question).to.match(
      /^Exit p1 long \S+ \S+: now 101, \S+ \(\S+ %\), stop 95\?\nWithin 30 s: \/confirm [A-Z2-9]{6}$/,
    )
    expect(control.asked).to.deep.equal([])
    expect(await answerTo(`/confirm ${nonceIn(question)}`)).to.equal('Exiting p1 at market.')
    expect(acts()).to.deep.equal(['exit telegram:42 chat 42'])
    expect(await answerTo(`/confirm ${nonceIn(question)}`)).to.include('Nothing waits for')
    expect(control.asked).to.have.length(1)
  })

  it('takes a pressed button for the second step, and stops its spinner', async () => {
    start()
    const nonce = nonceIn(await answerTo('/halt'))
    const { length } = telegram.sent
    telegram.press(`do:${nonce}`)
    await until(() => telegram.sent.length > length)
    expect(telegram.sent.at(-1)).to.equal('Halted: no order leaves.')
    expect(telegram.calls.map(({ method }) => method)).to.include('answerCallbackQuery')
    expect(control.killSwitch().state).to.equal('halt')
    const other = nonceIn(await answerTo('/resume'))
    telegram.press(`no:${other}`)
    await until(() => telegram.sent.at(-1) === 'Cancelled: nothing was done.')
    expect(control.killSwitch().state).to.equal('halt')
  })

  it('refuses a confirmation after 30 s', async () => {
    start()
    const nonce = nonceIn(await answerTo('/flatten'))
    aheadMs = 30_500
    expect(await answerTo(`/confirm ${nonce}`)).to.match(/^Too late: .*Nothing was done/)
    expect(control.asked).to.deep.equal([])
  })

  it('refuses a command that waited at Telegram for longer than an act may', async () => {
    start()
    const date = Math.floor(Date.now() / 1_000) - 7_200
    expect(await answerTo('/exit p1', { date })).to.match(/^Too late: that was asked 2 h ago/)
    expect(durable.questions).to.deep.equal([])
  })

  it('takes a confirmation only of the user and the chat that were asked', async () => {
    start({ users: [42, 43] })
    const nonce = nonceIn(await answerTo('/exit p1'))
    expect(await answerTo(`/confirm ${nonce}`, { user: 43 })).to.include('Nothing waits for')
    expect(await answerTo(`/confirm ${nonce}`, { chat: -7 })).to.include('Nothing waits for')
    expect(control.asked).to.deep.equal([])
  })

  it('acts no further than its channel allows', async () => {
    start({ acts: 'exit' })
    expect(await answerTo('/flatten')).to.include('exits single positions only')
    expect(await answerTo('/exit p1')).to.include('/confirm')
    await bot.stop()
    start({ acts: 'none' })
    expect(await answerTo('/exit p1')).to.include('does not act')
  })

  for (const [what, update] of [
    ['a forwarded message', { forward_origin: { type: 'user' } }],
    ['a message that was forwarded by an older client', { forward_date: 1 }],
    ['a message through another bot', { via_bot: { id: 9 } }],
    ['a message of an anonymous administrator', { sender_chat: { id: -7 } }],
    ['a message of a bot', { from: { id: 42, is_bot: true } }],
  ] as const) {
    it(`ignores ${what}`, async () => {
      start()
      await taken(telegram.write('/exit p1', update))
      expect([telegram.sent, bot.counts.ignored]).to.deep.equal([[], 1])
    })
  }

  it('ignores an edited message, and what is no update at all', async () => {
    start()
    telegram.push({ edited_message: { from: { id: 42 }, chat: { id: 42 }, text: '/exit p1' } })
    telegram.push({ message: { chat: 'odd', text: 7 } })
    await taken(telegram.push({ callback_query: { id: 1 } }))
    expect(telegram.sent).to.deep.equal([])
    expect(bot.counts).to.include({ ignored: 3, acted: 0 })
  })

  it('gives a foreign user, and a foreign chat, no answer, and journals each once', async () => {
    start()
    telegram.write('/status', { user: 666 })
    telegram.write('/exit p1', { user: 666 })
    await taken(telegram.write('/status', { chat: -1_000 }))
    expect(telegram.sent).to.deep.equal([])
    expect(noted.map(({ kind, detail }) => [kind, detail['user'], detail['chat']])).to.deep.equal([
      ['command-refused', 'telegram:666', 42],
      ['command-refused', 'telegram:42', -1_000],
    ])
    expect(bot.counts.refused).to.equal(3)
  })

  it('answers in a group only what is meant for it', async () => {
    start()
    expect(await answerTo('/positions@desk_bot', { chat: -7 })).to.match(/^p1 long/)
    await taken(telegram.write('/positions@other_bot', { chat: -7 }))
    await taken(telegram.write('what do you think?', { chat: -7 }))
    expect(telegram.sent).to.have.length(1)
  })

  it('does not repeat after a restart what was done, although the update comes again', async () => {
    start()
    const nonce = nonceIn(await answerTo('/flatten'))
    const before = structuredClone(durable)
    await answerTo(`/confirm ${nonce}`)
    await bot.stop()
    // The process ended after the act, and before the update counted as taken.
    const begunAt = Date.now() - 1_000
    durable = { ...before, questions: before.questions.map(each => ({ ...each, begunAt })) }
    control.killSwitch = () => ({ state: 'flatten', since: begunAt + 1, by: null, held: [] })
    start()
    expect(await answerTo(`/confirm ${nonce}`)).to.equal(
      'The kill switch is flatten: it was moved before the service started again.',
    )
    expect(control.asked).to.have.length(1)
  })

  it('does after a restart what was confirmed in time and not done', async () => {
    start()
    const nonce = nonceIn(await answerTo('/exit p1'))
    await bot.stop()
    telegram.write(`/confirm ${nonce}`)
    start()
    await until(() => telegram.sent.at(-1) === 'Exiting p1 at market.')
    expect(acts()).to.deep.equal(['exit telegram:42 chat 42'])
  })

  it('does not exit another position of the same id, nor one that is being exited', async () => {
    start()
    const nonce = nonceIn(await answerTo('/exit p1'))
    control.change('p1', { openedAt: aView().openedAt + 1 })
    expect(await answerTo(`/confirm ${nonce}`)).to.include('another position now')
    const again = nonceIn(await answerTo('/exit p1'))
    control.change('p1', { state: 'exiting' })
    expect(await answerTo(`/confirm ${again}`)).to.include('is being exited')
    expect(control.asked).to.deep.equal([])
  })

  it('asks what becomes of the exits that halt holds', async () => {
    control.killSwitch = () => ({ state: 'halt', since: 1, by: null, held: ['p1', 'p2'] })
    start()
    expect(await answerTo('/resume')).to.include('Halt holds 2 exits: /resume send')
    const nonce = nonceIn(await answerTo('/resume discard'))
    await answerTo(`/confirm ${nonce}`)
    expect(control.asked[0]?.request).to.deep.equal({ state: 'off', held: 'discard' })
  })

  it('says what failed, goes on, and does nothing while the service does not take requests', async () => {
    start()
    const nonce = nonceIn(await answerTo('/exit p1'))
    control.failure = new Error('odd')
    expect(await answerTo(`/confirm ${nonce}`)).to.include('The service failed at this')
    expect(noted.map(({ kind }) => kind)).to.deep.equal(['isolated-fault'])
    control.failure = undefined
    const next = nonceIn(await answerTo('/exit p1'))
    control.state = { ready: false, why: 'stopping' }
    expect(await answerTo(`/confirm ${next}`)).to.equal(
      'Not done: the service is stopping. Send the command again.',
    )
    expect(control.asked).to.deep.equal([])
  })

  it('answers /status, /why and what it does not know', async () => {
    start()
    expect(await answerTo('/status')).to.equal(
      '🟢 pass\n0 guarded, 0 exiting, 0 not guarded\nkill switch off',
    )
    expect(await answerTo('/why p1')).to.match(/^p1 long/)
    expect(await answerTo('/why none')).to.equal('No open position is named none.')
    expect(await answerTo('/exit')).to.equal('/exit needs the id of a position behind it.')
    expect(await answerTo('/moon')).to.include('/help')
  })

  it('waits while another process polls, and says so in the journal and to health', async () => {
    const description = 'Conflict: terminated by other getUpdates request'
    telegram.fail('getUpdates', { status: 409, body: { ok: false, description } })
    start()
    await until(() => bot.trouble !== undefined)
    expect(bot.trouble?.why).to.equal(description)
    expect(noted).to.deep.equal([
      { kind: 'commands-failed', detail: { channel: 'telegram', why: description } },
    ])
    expect(telegram.calls).to.have.length(1)
  })

  it('keeps to the pause that the Bot API asks for, and goes on after it', async () => {
    const body = { ok: false, parameters: { retry_after: 1 } }
    telegram.fail('getUpdates', { status: 429, body })
    telegram.fail('sendMessage', { status: 429, body })
    telegram.write('/status')
    start()
    await until(() => telegram.sent.length === 2 && noted.length === 2)
    expect(noted.map(({ kind }) => kind)).to.deep.equal(['commands-failed', 'commands-recovered'])
    expect(bot.trouble).to.equal(undefined)
  })

  it('gives up a call that hangs, and never shows the token', async () => {
    telegram.fail('getUpdates', 'hang')
    const api = new BotApi({ url: telegram.url, token: () => TOKEN })
    start({
      api: {
        call: (method, params, { stopped }) =>
          api.call(method, params, { timeoutMs: 200, stopped }),
      },
    })
    await until(() => noted.length === 1)
    expect(noted[0]?.detail['why']).to.equal('it did not answer in time')
    telegram.write('/positions')
    await until(() => telegram.sent.length === 1)
    await telegram.close()
    await until(() => noted.at(-1)?.detail['why'] === 'it could not be reached')
    expect(JSON.stringify(noted)).to.not.include(TOKEN)
    telegram = await FakeTelegram.start(TOKEN)
  })

  it('asks without an offset after a week: Telegram may have numbered anew', async () => {
    durable = { questions: [], last: { id: 9_000, at: Date.now() - 7 * 86_400_000 } }
    start()
    expect(await answerTo('/positions')).to.match(/^p1/)
    expect(telegram.calls[0]?.params).to.not.have.property('offset')
  })
})
