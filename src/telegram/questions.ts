import { randomInt } from 'node:crypto'
import type { KeptRow } from '../observability/notify/kept-row.ts'
import type { Control } from '../ports/control.ts'
import { act, keptWishOf, refusalOf, type ActLevel } from './acts.ts'
import type { Wish } from './command.ts'
import type { KeptBot, Question } from './kept-bot.ts'
import { lateText, questionText } from './replies.ts'

export interface QuestionsOptions {
  readonly acts: ActLevel
  readonly control: Control
  readonly kept: KeptRow<KeptBot>
  /** Epoch ms. */
  now(): number
}

/** Who asks or confirms, and where. */
export interface Person {
  readonly user: number
  readonly chat: number
}

/** How long an act can be confirmed, ms. */
const NONCE_MS = 30_000
/** A later confirmation is answered with how late it is, ms. */
const KEPT_MS = 10 * NONCE_MS
const MOST_QUESTIONS = 20
/** Characters that are not taken for one another. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const NONCE_LENGTH = 6

/** The two steps of an act: a question with a code, and its confirmation. Both outlive the process. */
export class Questions {
  private readonly options: QuestionsOptions
  private readonly counts: { acted: number; refused: number }

  constructor(options: QuestionsOptions, counts: { acted: number; refused: number }) {
    this.options = options
    this.counts = counts
  }

  /** First step: the question, durable before it is sent. Without a nonce there is nothing to confirm. */
  async ask(
    wish: Wish,
    from: Person & { readonly at: number | undefined },
  ): Promise<{ readonly text: string; readonly nonce?: string }> {
    const { control, now, kept } = this.options
    const refusal = this.refusal(wish, from.at)
    if (refusal !== undefined) return { text: refusal }
    const view = wish.kind === 'exit' ? control.position(wish.id) : undefined
    const { user, chat } = from
    const nonce = newNonce()
    const question: Question = { nonce, user, chat, wish: keptWishOf(wish, view), at: now() }
    await kept.keep({ questions: [...kept.value.questions, question].slice(-MOST_QUESTIONS) })
    const open = [...control.openIds()].length
    const text = `${questionText(question.wish, view, open)}\nWithin 30 s: /confirm ${nonce}`
    return { text, nonce }
  }

  /** Second step: does what was asked, for the same user in the same chat, in time. */
  async confirm(nonce: string, from: Person): Promise<string> {
    const { kept, now, control } = this.options
    const question = this.questionOf(nonce, from)
    if (question === undefined) {
      this.counts.refused++
      return `Nothing waits for ${nonce}, or it was done. Send the command again.`
    }
    const ageMs = Math.abs(now() - question.at)
    if (ageMs > NONCE_MS) {
      this.counts.refused++
      return lateText(ageMs)
    }
    const begun = { ...question, begunAt: question.begunAt ?? now() }
    // A process that takes this update again must know that the act may be done.
    await kept.keep({
      questions: kept.value.questions.map(each => (each === question ? begun : each)),
    })
    const text = await act(control, question)
    this.counts.acted++
    return text
  }

  cancel(nonce: string, from: Person): string {
    const { kept } = this.options
    const question = this.questionOf(nonce, from)
    if (question === undefined) return `Nothing waits for ${nonce}.`
    const questions = kept.value.questions.filter(each => each !== question)
    // Durable with the update that asked for it.
    kept.value = { ...kept.value, questions }
    return 'Cancelled: nothing was done.'
  }

  /** Questions that can still be confirmed, or whose confirmation is answered as too late. */
  left(): Question[] {
    const { kept, now } = this.options
    return kept.value.questions.filter(
      ({ at, begunAt }) => begunAt === undefined && Math.abs(now() - at) <= KEPT_MS,
    )
  }

  private refusal(wish: Wish, at: number | undefined): string | undefined {
    const { control, acts, now } = this.options
    const refusal = refusalOf(wish, acts)
    if (refusal !== undefined) return refusal
    const ageMs = at === undefined ? 0 : now() - at
    if (ageMs > NONCE_MS) return lateText(ageMs)
    if (wish.kind === 'exit') {
      const isOpen = control.position(wish.id) !== undefined
      return isOpen ? undefined : `No open position is named ${wish.id}.`
    }
    const { held } = control.killSwitch()
    if (wish.state !== 'off' || wish.held !== undefined || held.length === 0) return undefined
    return `Halt holds ${held.length} exits: /resume send sends them, /resume discard forgets them.`
  }

  private questionOf(nonce: string, { user, chat }: Person): Question | undefined {
    return this.options.kept.value.questions.find(
      each => each.nonce === nonce && each.user === user && each.chat === chat,
    )
  }
}

const newNonce = (): string =>
  Array.from({ length: NONCE_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]!).join('')
