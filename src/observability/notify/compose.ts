import { accountParts } from '../../domain/account-name.ts'
import { onOneLine } from '../../domain/plain-text.ts'
import type { JournalKind } from '../../ports/journal-kinds.ts'
import type { JournalLine } from '../../ports/journal-lines.ts'
import { ACT_TEXTS, LIMIT_TEXTS } from './act-texts.ts'
import { cut, LONGEST_TEXT, LONGEST_TITLE, type Item, type NotifyEvent } from './channel.ts'
import type { Composer, Draft, TickSizes } from './composer.ts'
import { EXIT_TEXTS } from './exit-texts.ts'
import { NET_TEXTS } from './net-texts.ts'
import { STATE_TEXTS } from './state-texts.ts'

/** The kinds of journal lines that are messages, by their event. */
const TEXTS: Readonly<
  Partial<Record<NotifyEvent, Readonly<Partial<Record<JournalKind, Composer>>>>>
> = { exits: { ...EXIT_TEXTS, ...NET_TEXTS }, limits: LIMIT_TEXTS, acts: ACT_TEXTS, ...STATE_TEXTS }

const BY_KIND: ReadonlyMap<string, readonly [NotifyEvent, Composer]> = new Map(
  Object.entries(TEXTS).flatMap(([event, composers]) =>
    Object.entries(composers).map(([kind, composer]) => [kind, [event as NotifyEvent, composer]]),
  ),
)

/** Every kind that is a message, with its event. */
export const MESSAGE_KINDS: ReadonlyMap<string, NotifyEvent> = new Map(
  [...BY_KIND].map(([kind, [event]]) => [kind, event]),
)

/** The account that a line is about; undefined: the process as a whole. */
export const accountIn = ({ account }: JournalLine): string | undefined =>
  typeof account === 'string' ? accountParts(account).name : undefined

/**
 * The line as a person reads it; undefined where it is no message for a channel with these events. `account`: its
 * name in front of the title.
 */
export function compose(
  line: JournalLine,
  events: ReadonlySet<NotifyEvent>,
  ticks: TickSizes,
  account?: string,
): Item | undefined {
  const [event, composer] = BY_KIND.get(line.kind) ?? []
  if (event === undefined || composer === undefined || !events.has(event)) return undefined
  const draft = drafted(() => composer(line, ticks), line)
  if (draft === undefined) return undefined
  return {
    seq: line.seq,
    at: line.at,
    event,
    tone: draft.tone,
    title: titleIn(draft, account),
    text: cut(draft.text.split('\n').map(onOneLine).join('\n'), LONGEST_TEXT),
    line,
    ...(account !== undefined && { account }),
  }
}

/** The title of a message, with its account in front. */
const titleIn = ({ title }: Draft, account: string | undefined): string =>
  cut(onOneLine(account === undefined ? title : `${account}: ${title}`), LONGEST_TITLE)

/** A line of another version may lack a field: it is named all the same, never left out. */
function drafted(compose: () => Draft | undefined, line: JournalLine): Draft | undefined {
  try {
    return compose()
  } catch {
    return stubOf(line)
  }
}

/** What is sent of a line that a channel refuses. */
export const shortItem = (item: Item): Item => {
  const stub = stubOf(item.line)
  return { ...item, ...stub, title: titleIn(stub, item.account) }
}

/** What is sent of a line whose text cannot be made. */
const stubOf = ({ kind, positionId, seq }: JournalLine): Draft => ({
  title: `Read journal line ${seq}: ${kind}${positionId === undefined ? '' : ` ${positionId}`}`,
  text: '',
  tone: 'warn',
})
