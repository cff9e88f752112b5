import { useSignal } from '@preact/signals'
import { Lines } from './lines.tsx'

/** The journal, with a filter. */
export function JournalPage() {
  const filter = useSignal('')
  return (
    <>
      <div class="tools">
        <input
          type="search"
          placeholder="Words in a line"
          aria-label="Filter the journal"
          value={filter.value}
          onInput={event => (filter.value = event.currentTarget.value)}
        />
        <span class="count">the last 1,000 lines and what comes</span>
      </div>
      <section class="card" aria-label="Journal">
        <Lines limit={1_000} filter={filter.value} />
      </section>
    </>
  )
}
