import { Failure, Table } from '../parts/table.tsx'
import { usePoll } from '../poll.ts'
import { serviceNow } from '../state.ts'
import { percentText, timeText } from '../text.ts'

interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** What `/api/report` gives; times in ms. */
interface Report {
  readonly operations: Readonly<Record<string, Percentiles>>
  readonly slowest: readonly { readonly at: number; readonly ms: number }[]
  readonly trends: readonly {
    readonly operation: string
    readonly present: number
    readonly hour: number | null
    readonly day: number | null
    readonly week: number | null
    readonly changePct: number | null
    readonly isMarked: boolean
  }[]
}

const msText = (ms: number | null): string =>
  ms === null ? '–' : `${ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`

/** Durations of operations, and how they compare with the past. */
export function PerformancePage() {
  const { data, failure } = usePoll<Report>('/api/report', 5_000)
  const report = data.value
  if (report === undefined) {
    return failure.value === undefined ? (
      <p class="empty">Waiting for the figures</p>
    ) : (
      <Failure text={failure.value} />
    )
  }
  const operations = Object.entries(report.operations)
  const longest = Math.max(...operations.map(([, { p99 }]) => p99), 1e-9)
  return (
    <>
      <Failure text={failure.value} />
      <section class="card" aria-label="Percentiles">
        <h2>How long operations take</h2>
        <Table
          label="Percentiles"
          items={operations}
          keyOf={([name]) => name}
          columns={[
            { head: 'Operation', cell: ([name]) => name },
            { head: 'Count', isNumber: true, cell: ([, { count }]) => count.toLocaleString('en') },
            { head: 'p50', isNumber: true, cell: ([, { p50 }]) => msText(p50) },
            { head: 'p90', isNumber: true, cell: ([, { p90 }]) => msText(p90) },
            { head: 'p99', isNumber: true, cell: ([, { p99 }]) => msText(p99) },
            { head: 'max', isNumber: true, cell: ([, { max }]) => msText(max) },
            { head: 'p50 – p99', cell: ([, each]) => <Bar each={each} longest={longest} /> },
          ]}
        />
      </section>
      <section class="card" aria-label="Trends">
        <h2>p99 now and in the past</h2>
        <Table
          label="Trends"
          items={report.trends}
          keyOf={({ operation }) => operation}
          empty="A comparison needs some minutes of history."
          columns={[
            { head: 'Operation', cell: ({ operation }) => operation },
            { head: 'Now', isNumber: true, cell: ({ present }) => msText(present) },
            { head: 'Hour', isNumber: true, cell: ({ hour }) => msText(hour) },
            { head: 'Day', isNumber: true, cell: ({ day }) => msText(day) },
            { head: 'Week', isNumber: true, cell: ({ week }) => msText(week) },
            {
              head: 'Change',
              isNumber: true,
              cell: ({ changePct, isMarked }) => (
                <span class={isMarked ? 'bad' : ''}>
                  {changePct === null ? '–' : percentText(changePct / 100, 0)}
                </span>
              ),
            },
          ]}
        />
      </section>
      <section class="card" aria-label="The slowest cycles">
        <h2>The slowest cycles</h2>
        <Table
          label="The slowest cycles"
          items={report.slowest}
          keyOf={({ at }) => at}
          columns={[
            { head: 'Time', cell: ({ at }) => timeText(at, serviceNow()) },
            { head: 'Took', isNumber: true, cell: ({ ms }) => msText(ms) },
          ]}
        />
      </section>
    </>
  )
}

/** From p50 to p99 on one logarithmic scale. */
function Bar({ each, longest }: { readonly each: Percentiles; readonly longest: number }) {
  const place = (ms: number): number => {
    const least = Math.log(0.001)
    return Math.max(0, (Math.log(Math.max(ms, 0.001)) - least) / (Math.log(longest) - least || 1))
  }
  const from = place(each.p50)
  const size = Math.max(0.01, place(each.p99) - from)
  return (
    <span class="bar" aria-hidden="true">
      <i style={{ '--at': `${from * 100}%`, '--size': `${size * 100}%` }} />
    </span>
  )
}
