import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { JournalLine } from '../../ports/journal-lines.ts'
import { read } from '../api.ts'
import { Failure } from '../parts/table.tsx'
import { hrefOf } from '../route.ts'
import { serviceNow, store } from '../state.ts'
import { timeText, words } from '../text.ts'

export interface LinesProps {
  readonly positionId?: string
  /** Lines that are read at first. */
  readonly limit: number
  /** Words that must all occur in a line. */
  readonly filter?: string
}

/** Most lines in the list. */
const MOST_LINES = 2_000
const POLL_MS = 1_000
/** Fields that are shown elsewhere: in the head of the line, or on the receipt. */
const SHOWN = new Set(['seq', 'at', 'kind', 'positionId', 'trade'])

/** Lines of the journal, the newest first; new ones appear automatically. */
export function Lines({ positionId, limit, filter = '' }: LinesProps) {
  const lines = useSignal<readonly JournalLine[]>([])
  const failure = useSignal<string | undefined>(undefined)
  useEffect(() => {
    let isOver = false
    let isReading = false
    const of = positionId === undefined ? '' : `&positionId=${encodeURIComponent(positionId)}`
    const poll = async (): Promise<void> => {
      if (isReading || document.hidden) return
      isReading = true
      try {
        const last = lines.value[0]
        const from = last === undefined ? `last=${limit}` : `after=${last.seq}&limit=1000`
        const more = await read<JournalLine[]>(`/api/journal?${from}${of}`)
        if (isOver) return
        failure.value = undefined
        if (more.length > 0)
          lines.value = [...more.toReversed(), ...lines.value].slice(0, MOST_LINES)
      } catch (error) {
        if (!isOver) failure.value = error instanceof Error ? error.message : String(error)
      } finally {
        isReading = false
      }
    }
    void poll()
    const timer = setInterval(() => void poll(), POLL_MS)
    return () => {
      isOver = true
      clearInterval(timer)
    }
  }, [positionId, limit])
  const wanted = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const shown = lines.value.filter(line => {
    const text = JSON.stringify(line).toLowerCase()
    return wanted.every(each => text.includes(each))
  })
  const now = serviceNow()
  return (
    <>
      <Failure text={failure.value} />
      {shown.length === 0 && <p class="empty">No line.</p>}
      <ol class="lines">
        {shown.slice(0, 500).map(line => (
          <li key={line.seq}>
            <small>{timeText(line.at, now)}</small>
            <b data-kind={line.kind}>{words(line.kind)}</b>
            {positionId === undefined && line.positionId !== undefined && (
              <a href={hrefOf('positions', store.idOf(line.positionId, line['account']))}>
                {line.positionId}
              </a>
            )}
            <span class="detail">{detailOf(line)}</span>
          </li>
        ))}
      </ol>
      {shown.length > 500 && <p class="note">and {shown.length - 500} older lines: filter them</p>}
    </>
  )
}

const detailOf = (line: JournalLine): string =>
  Object.entries(line)
    .filter(([name, value]) => !SHOWN.has(name) && value !== null)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ')
