import { signal, useComputed, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { GROUPINGS, linesOf, type Grouping, type Line } from '../live/order.ts'
import { go, hrefOf } from '../route.ts'
import { revision, store } from '../state.ts'
import { countText } from '../text.ts'
import { heightOf, Window } from './window.tsx'

/** The list is sorted at most so often, and not while a pointer is over it, ms. */
const ORDER_MS = 1_000

/** Words that the shown positions must have. */
export const filter = signal('')

interface Ordered {
  lines: readonly Line[]
  key: string
  at: number
}

/** All positions, the nearest to its stop first; some 40 of them are in the document. */
export function List() {
  const grouping = useSignal<Grouping>('none')
  const active = useSignal(-1)
  const scroll = useSignal(0)
  const isHeld = useRef(false)
  const ordered = useRef<Ordered>({ lines: [], key: '', at: -Infinity })
  const rows = useRef<HTMLDivElement>(null)

  const lines = useComputed(() => {
    void revision.value
    const now = performance.now()
    const key = `${grouping.value} ${filter.value}`
    const last = ordered.current
    const isDue = now - last.at > ORDER_MS && !isHeld.current
    const isGone = last.lines.some(line => line.kind === 'row' && !store.rows.has(line.row.row))
    const isGrown = last.key === key && last.lines.length === 0 && store.rows.size > 0
    if (isDue || isGone || isGrown || last.key !== key) {
      ordered.current = {
        key,
        at: now,
        lines: linesOf(
          store,
          { filter: filter.value, grouping: grouping.value },
          last.key === key ? last.lines : [],
        ),
      }
    }
    return ordered.current.lines
  })

  // Not in the lines: those of no position are the same before and after the first data.
  const total = useComputed(() => {
    void revision.value
    return store.version < 0 && store.rows.size === 0 ? undefined : store.rows.size
  })

  useEffect(() => {
    const measure = (): void => {
      scroll.value = -(rows.current?.getBoundingClientRect().top ?? 0)
    }
    measure()
    window.addEventListener('scroll', measure, { passive: true })
    window.addEventListener('resize', measure)
    return () => {
      window.removeEventListener('scroll', measure)
      window.removeEventListener('resize', measure)
    }
  }, [])

  const move = (to: number): void => {
    const index = Math.max(0, Math.min(lines.value.length - 1, to))
    active.value = index
    const top = (rows.current?.getBoundingClientRect().top ?? 0) + index * heightOf()
    const edge = document.querySelector('.heads')?.getBoundingClientRect().bottom ?? 0
    if (top < edge) window.scrollBy(0, top - edge)
    else if (top + heightOf() > innerHeight) window.scrollBy(0, top + heightOf() - innerHeight)
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(innerHeight / heightOf()) - 6)
    const steps: Record<string, number> = {
      ArrowDown: active.value + 1,
      ArrowUp: active.value - 1,
      PageDown: active.value + page,
      PageUp: active.value - page,
      Home: 0,
      End: lines.value.length - 1,
    }
    const to = steps[event.key]
    if (to !== undefined) move(to)
    else if (event.key === 'Enter') {
      const line = lines.value[active.value]
      if (line?.kind === 'row') go(hrefOf('positions', line.row.id))
    } else return
    event.preventDefault()
  }

  return (
    <section class="list" aria-label="Positions">
      <Tools grouping={grouping} shown={lines.value} total={total.value} />
      <div
        class="grid"
        role="grid"
        tabIndex={0}
        aria-label="Positions, the nearest to its stop first"
        aria-rowcount={lines.value.length + 1}
        aria-colcount={9}
        aria-activedescendant={activeId(lines.value[active.value])}
        onKeyDown={onKeyDown}
        onPointerEnter={() => (isHeld.current = true)}
        onPointerLeave={() => (isHeld.current = false)}
      >
        <Heads />
        <div
          class="rows"
          role="rowgroup"
          ref={rows}
          style={{ height: `${lines.value.length * heightOf()}px` }}
        >
          <Window lines={lines.value} scroll={scroll} active={active} />
        </div>
      </div>
      {lines.value.length === 0 && (
        <p class="empty">
          {total.value === undefined
            ? 'Waiting for the positions'
            : filter.value === ''
              ? 'No position is open.'
              : 'No position has all of these words.'}
        </p>
      )}
    </section>
  )
}

const activeId = (line: Line | undefined): string | undefined =>
  line?.kind === 'row' ? `row-${line.row.row}` : undefined

const HEADS = [
  'Position',
  'Holding',
  'Price',
  'Profit',
  'Stop → target',
  'At risk',
  'Layer',
  'Can exit',
  'State',
]

function Heads() {
  return (
    <div class="heads" role="row" aria-rowindex={1}>
      {HEADS.map(each => (
        <span key={each} role="columnheader">
          {each}
        </span>
      ))}
    </div>
  )
}

/** Filter and grouping. */
function Tools(props: {
  readonly grouping: { value: Grouping }
  readonly shown: readonly Line[]
  /** Open positions; undefined before the first data. */
  readonly total: number | undefined
}) {
  const { grouping, shown, total } = props
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping =
        event.target instanceof Element && event.target.matches('input, select, textarea')
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      field.current?.focus()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  const count = shown.filter(({ kind }) => kind === 'row').length
  return (
    <div class="tools">
      <input
        ref={field}
        type="search"
        placeholder="Filter (/)"
        aria-label="Filter positions"
        value={filter.value}
        onInput={event => (filter.value = event.currentTarget.value)}
      />
      <label>
        group by{' '}
        <select
          value={grouping.value}
          onChange={event => (grouping.value = event.currentTarget.value as Grouping)}
        >
          {GROUPINGS.map(each => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <span class="count" role="status">
        {total !== undefined &&
          (count === total
            ? `${countText(count)} ${count === 1 ? 'position' : 'positions'}`
            : `${countText(count)} of ${countText(total)}`)}
      </span>
    </div>
  )
}
