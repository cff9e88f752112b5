import { z } from 'zod'
import type { HealthStatus } from '../../ports/control/health.ts'
import type { JournalLine } from '../../ports/journal-lines.ts'
import { zonedText } from '../zoned-text.ts'
import type { Outgoing } from './delivery.ts'

/** What a channel can be sent; `health` is the state of the service, all others are journal lines. */
export const EVENTS = [
  'exits',
  'health',
  'limits',
  'approach',
  'guard',
  'exitable',
  'acts',
  'summary',
] as const
export type NotifyEvent = (typeof EVENTS)[number]

/** A change of the service's health, for a person. */
export interface Alert {
  readonly status: HealthStatus
  /** Status before it. */
  readonly before: HealthStatus
  /** Epoch ms. */
  readonly at: number
  /** Zone in which people read times; default UTC. */
  readonly timezone?: string
  /** Which service, where several report to the same place. */
  readonly service: string
  /** Reasons, most serious first. */
  readonly reasons: readonly string[]
  /** Changes that were left out since the last one that was sent. */
  readonly leftOut: number
}

/** One journal line as a person reads it. */
export interface Item {
  /** Number of the journal line. */
  readonly seq: number
  /** Epoch ms. */
  readonly at: number
  readonly event: NotifyEvent
  readonly tone: 'good' | 'bad' | 'warn' | 'plain'
  /** One line, at most `LONGEST_TITLE` characters; the verb first. */
  readonly title: string
  /** Further lines, at most `LONGEST_TEXT` characters; may be empty. */
  readonly text: string
  readonly line: JournalLine
  /** Name of the account, where the configuration names its accounts; absent: the line is about the process. */
  readonly account?: string
}

/** Several journal lines in the order of the journal, sent at once. */
export interface Message {
  /** The same for each try to send the same message: receivers can drop repeats by it. */
  readonly id: string
  readonly service: string
  readonly items: readonly Item[]
  /** Lines that were left out before the first one, in words. */
  readonly leftOut: string | undefined
  /** The process before may have sent it: it ended before the answer came. */
  readonly mayRepeat: boolean
}

export const LONGEST_TITLE = 200
export const LONGEST_TEXT = 700

/** Where alerts and messages are sent. */
export interface Channel {
  /** Name in the journal; no secret is part of it. */
  readonly name: string
  /** Identifies it over restarts; a secret. */
  readonly address: string
  readonly events: ReadonlySet<NotifyEvent>
  /** Names of the accounts that it is about; absent: every account. What concerns the process goes to all. */
  readonly accounts?: ReadonlySet<string>
  /** It keeps an incident open until the message that resolves it. */
  readonly keepsIncidents: boolean
  /** Least status of health that is sent; the all-clear always is. */
  readonly from: 'warn' | 'fail'
  /** Least time between two messages, ms, by the documented limit of the service behind it. */
  readonly spacingMs: number
  /** Most characters of a message, as `render` gives them. */
  readonly longest: number
  /** An item in the channel's markup. */
  render(item: Item): string
  /** @throws Error where a secret cannot be read. */
  request(alert: Alert): Outgoing
  /** @throws Error where a secret cannot be read. */
  message(message: Message): Outgoing
}

/** Which accounts a channel is about. */
export const accountsOption = () =>
  z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Names of the accounts whose events and health are sent; absent: every account.')

/** Settings of every kind of channel. */
export const commonOptions = (
  from: 'warn' | 'fail' = 'warn',
  events: NotifyEvent[] = ['exits', 'health'],
) => ({
  name: z
    .string()
    .min(1)
    .max(50)
    .optional()
    .describe('Name in the journal and of `watchkeeper notify test`; absent: the kind.'),
  events: z
    .array(z.enum(EVENTS))
    .default(events)
    .describe('What is sent to this channel; docs/notifications.md shows an example of each.'),
  accounts: accountsOption(),
  from: z
    .enum(['warn', 'fail'])
    .default(from)
    .describe('Status from which on this channel is sent changes; the all-clear is always sent.'),
})

/** Where the address of a webhook comes from, which is a secret: the environment, or a file of mode 0600. */
export const webhookOptions = () => ({
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address of the webhook; a secret, never in the file of the configuration.'),
  urlFile: z
    .string()
    .min(1)
    .optional()
    .describe('Path of a file of mode 0600 with the address of the webhook.'),
})

/**
 * Refuses a channel that has the secret `name` neither from the environment nor from a file; `isNeeded`: by its other
 * options; default always.
 */
export const needsSecret =
  (name: string, isNeeded = (_options: Readonly<Record<string, unknown>>) => true) =>
  (options: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void => {
    const file = `${name}File`
    if (options[name] !== undefined || options[file] !== undefined || !isNeeded(options)) return
    const message = `the path of a file of mode 0600 with the ${name}`
    context.addIssue({ code: 'custom', path: [file], message })
  }

/** One line for a person. */
export const titleOf = ({ service, status, before }: Alert): string =>
  status === 'pass' ? `${service} is well again (was ${before})` : `${service} reports ${status}`

/** The same with its time, for channels whose messages may arrive late. */
export const headOf = (alert: Alert): string =>
  `${titleOf(alert)}, ${zonedText(alert.timezone ?? 'UTC', alert.at)}`

/** Longest text that is sent; the API has all of it. */
const LONGEST = 1_500

/** A text cut to so many characters, never inside a pair of code units. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text
  const end = /[\ud800-\udbff]/.test(text[longest - 2]!) ? longest - 2 : longest - 1
  return `${text.slice(0, end)}…`
}

/** The reasons as lines, cut to what a message can hold. */
export function detailsOf({ reasons, leftOut }: Alert): string {
  const more = leftOut > 0 ? [`(${leftOut} changes in between were not sent)`] : []
  return cut([...reasons, ...more].join('\n'), LONGEST)
}

/** All of a message in a channel's markup; `plain` gives a line of ours in it. */
export function bodyOf(
  { items, leftOut, mayRepeat }: Message,
  render: Channel['render'],
  plain: (text: string) => string = text => text,
): string {
  return [
    ...(mayRepeat ? [plain('(may be a repeat: the service ended while this was sent)')] : []),
    ...(leftOut === undefined ? [] : [plain(leftOut)]),
    ...items.map(render),
  ].join('\n\n')
}

/** An item without markup. */
export const plainItem = ({ title, text }: Item): string => [title, text].join('\n').trim()

/** Marks by tone, as pictures. */
export const MARKS = { good: '🟢', bad: '🔴', warn: '🟡', plain: '🔵' } as const
