import { z } from 'zod'

const user = z.object({ id: z.int(), is_bot: z.boolean().optional() })
const chat = z.object({ id: z.int() })

const message = z.object({
  chat,
  from: user.optional(),
  text: z.string().max(4_096).optional(),
  /** Unix time, s. */
  date: z.int().optional(),
  forward_origin: z.unknown().optional(),
  forward_date: z.unknown().optional(),
  via_bot: z.unknown().optional(),
  /** A channel or an anonymous administrator: `from` is not the person. */
  sender_chat: z.unknown().optional(),
})

const button = z.object({
  id: z.string(),
  from: user,
  data: z.string().max(64).optional(),
  message: z.object({ chat }).optional(),
})

const updateId = z.object({ update_id: z.int() })

/** What is taken from an update, by the reference of the Bot API ("Update", "Message", "CallbackQuery"). */
export type Incoming =
  | {
      readonly kind: 'text'
      readonly user: number
      readonly chat: number
      readonly text: string
      /** Epoch ms, by the clock of Telegram; undefined where it is absent. */
      readonly at: number | undefined
    }
  | {
      readonly kind: 'button'
      readonly user: number
      readonly chat: number
      readonly data: string
      readonly queryId: string
    }
  /** From a user, or in a chat, that is not in the lists. */
  | { readonly kind: 'foreign'; readonly user: number; readonly chat: number }
  /** Nothing that a person wrote to the bot by now: edited, forwarded, by another bot, or no text. */
  | { readonly kind: 'ignored' }

export interface AllowList {
  readonly users: readonly number[]
  readonly chats: readonly number[]
}

const IGNORED: Incoming = { kind: 'ignored' }

/** The number of an update; undefined for what is none. */
export const updateIdOf = (update: unknown): number | undefined =>
  updateId.safeParse(update).data?.update_id

/** Reads an update; both its user and its chat must be in the lists. */
export function readUpdate(update: unknown, { users, chats }: AllowList): Incoming {
  const fields = Object(update) as Record<string, unknown>
  const isAllowed = (from: number, where: number): boolean =>
    users.includes(from) && chats.includes(where)
  const pressed = button.safeParse(fields['callback_query']).data
  if (pressed !== undefined) {
    const { from, data, id, message: shown } = pressed
    if (data === undefined || shown === undefined || from.is_bot === true) return IGNORED
    const at = { user: from.id, chat: shown.chat.id }
    return isAllowed(at.user, at.chat)
      ? { kind: 'button', ...at, data, queryId: id }
      : { kind: 'foreign', ...at }
  }
  const written = message.safeParse(fields['message']).data
  if (written?.text === undefined || written.from === undefined) return IGNORED
  const { from, text, date } = written
  if (from.is_bot === true || isPassedOn(written)) return IGNORED
  const at = { user: from.id, chat: written.chat.id }
  if (!isAllowed(at.user, at.chat)) return { kind: 'foreign', ...at }
  return { kind: 'text', ...at, text, at: date === undefined ? undefined : date * 1_000 }
}

/** Whether the words are not those of the user who sent it. */
const isPassedOn = (written: z.infer<typeof message>): boolean =>
  [written.forward_origin, written.forward_date, written.via_bot, written.sender_chat].some(
    each => each !== undefined,
  )
