import type { JournalLine } from '../../ports/journal-lines.ts'
import type { Composer, Draft } from './composer.ts'
import { moneyText } from './person-text.ts'

const by = (line: JournalLine): string => {
  const who = line['by']
  return typeof who === 'string' ? `by ${who}` : ''
}

const money = (line: JournalLine, name: string): string => {
  const value = line[name]
  return typeof value === 'number' ? moneyText(value) : '?'
}

/** The size of a loss, which is positive. */
const sizeOf = (line: JournalLine, name: string): string => money(line, name).replace(/^\+/, '')

const percent = (line: JournalLine): string => {
  const [loss, most] = [Number(line['loss']), Number(line['maxLoss'])]
  return most > 0 ? `${Math.floor((loss / most) * 100)} %` : '?'
}

const SWITCH: Readonly<Record<string, Pick<Draft, 'title' | 'tone'>>> = {
  halt: { title: 'Halted: no order leaves', tone: 'bad' },
  flatten: { title: 'Flattening: every position is exited', tone: 'bad' },
  block: { title: 'Blocked new entries', tone: 'warn' },
  off: { title: 'Resumed: the kill switch is off', tone: 'good' },
}

const act =
  (title: (line: JournalLine) => string, tone: Draft['tone'] = 'plain'): Composer =>
  line => ({ title: title(line), text: by(line), tone })

const rulesChanged: Composer = line => {
  const changes = (line['changes'] ?? []) as readonly {
    readonly rule: string
    readonly change: string
    readonly loosens?: string
  }[]
  const loosened = changes.some(({ loosens }) => loosens !== undefined)
  const lines = changes.map(({ rule, change, loosens }) =>
    loosens === undefined ? `${rule} ${change}` : `${rule} ${change}, looser`,
  )
  return {
    title: `Changed rules of ${line.positionId}${loosened ? ': looser' : ''}`,
    text: [lines.join('; '), by(line)].filter(text => text !== '').join('\n'),
    tone: loosened ? 'warn' : 'plain',
  }
}

const amended: Composer = line => {
  const { quantity, entryPrice } = line['to'] as Readonly<Record<string, number>>
  return {
    title: `Set ${line.positionId}: ${quantity} at ${entryPrice}`,
    text: by(line),
    tone: 'warn',
  }
}

/** Texts of limits. */
export const LIMIT_TEXTS = {
  'daily-loss-near': line => ({
    title: `Watch limit ${String(line['limit'])}: ${percent(line)} used`,
    text: `loss ${sizeOf(line, 'loss')} of ${sizeOf(line, 'maxLoss')}`,
    tone: 'warn',
  }),
  'daily-loss': line => ({
    title: `Reached limit ${String(line['limit'])}: its positions are exited`,
    text: `loss ${sizeOf(line, 'loss')} of ${sizeOf(line, 'maxLoss')}`,
    tone: 'bad',
  }),
} satisfies Readonly<Record<string, Composer>>

/** Texts of what persons did. */
export const ACT_TEXTS = {
  'kill-switch': line => {
    const { title, tone } = SWITCH[String(line['state'])] ?? {
      title: `Moved the kill switch: ${String(line['state'])}`,
      tone: 'warn',
    }
    return { title, tone, text: by(line) }
  },
  'exit-asked': act(line => `Asked to exit ${line.positionId}`),
  'exit-discarded': act(line => `Discarded the exit of ${line.positionId}`, 'warn'),
  'position-released': act(line => `Released ${line.positionId}: no longer guarded`, 'warn'),
  'rules-changed': rulesChanged,
  'position-amended': amended,
  'limit-reset': act(line => `Reset limit ${String(line['limit'])}`, 'warn'),
  'profit-reported': act(line => `Reported a profit of ${money(line, 'amount')}`),
  'holdings-confirmed': act(() => 'Confirmed the holdings: orders may leave'),
  'breaker-moved': act(
    line => `Moved breaker ${String(line['group'])}: ${String(line['act'])}`,
    'warn',
  ),
  'actor-restarted-by-hand': act(line => `Restarted ${String(line['actor'])}`),
} satisfies Readonly<Record<string, Composer>>
