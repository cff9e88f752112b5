import type { RuleView, WhyView } from '../../ports/control/why.ts'
import { Facts, Table, type Column } from '../parts/table.tsx'
import { serviceNow } from '../state.ts'
import { ageText, durationText, percentText, priceText, timeText, words } from '../text.ts'

/** The effect of each rule of a position, and the progress of its exit. */
export function Why({
  why,
  tickSize,
}: {
  readonly why: WhyView | undefined
  readonly tickSize: number | null
}) {
  if (why === undefined) return <p class="empty">Waiting for the rules</p>
  const { lastPrice } = why.position
  const now = serviceNow()
  const columns: readonly Column<RuleView>[] = [
    { head: 'Rule', cell: each => each.rule },
    {
      head: 'Armed',
      cell: each => <span class={each.armed ? 'good' : 'quiet'}>{each.armed ? 'yes' : 'no'}</span>,
    },
    {
      head: 'Level',
      isNumber: true,
      cell: each => (each.level === undefined ? '' : priceText(each.level, tickSize)),
    },
    {
      head: 'Away',
      isNumber: true,
      cell: ({ distance, instrument }) =>
        typeof distance === 'number' && lastPrice !== null && instrument === undefined
          ? percentText(distance / Math.abs(lastPrice))
          : '',
    },
    { head: 'Note', cell: each => <small>{noteOf(each, tickSize, now)}</small> },
  ]
  return (
    <>
      <Table label="Rules" columns={columns} items={why.rules} keyOf={each => each.rule} />
      {why.exit !== undefined && (
        <>
          <h3>Its exit</h3>
          <Facts
            facts={[
              ['State', words(why.exit.state)],
              ['Attempt', why.exit.attempt],
              ['Executed', `${why.exit.executed} of ${why.exit.quantity}`],
              ['Order', <code key="order">{why.exit.clientOrderId}</code>],
            ]}
          />
          <ol class="steps">
            {why.exit.steps.map(({ at, what }, index) => (
              <li key={index}>
                <small>{timeText(at, now)}</small> {what}
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  )
}

function noteOf(rule: RuleView, tickSize: number | null, now: number): string {
  const { why, ratchet, exitAt, instrument, inputAgeMs } = rule
  return [
    instrument === undefined ? '' : `on ${instrument}`,
    why ?? '',
    ratchet === undefined ? '' : `changes at ${priceText(ratchet, tickSize)}`,
    exitAt === undefined ? '' : `exits in ${durationText(exitAt - now)}`,
    inputAgeMs === null
      ? 'no price yet'
      : inputAgeMs > 5_000
        ? `price ${ageText(inputAgeMs)} old`
        : '',
  ]
    .filter(each => each !== '')
    .join('; ')
}
