import type { LimitView } from '../../ports/control/portfolio.ts'
import type { Money } from '../live/figures.ts'
import { revision, store, sums } from '../state.ts'
import { countText, moneyText, percentText } from '../text.ts'

/** Most limits and currencies that a figure shows. */
const MOST_LINES = 3

const HEADS = ['Positions', 'At risk if every stop fills', 'Today', 'Could exit right now'] as const
const [COUNTS, RISK, DAY, EXITABLE] = HEADS

/** Four figures for the whole account; before the first data each is unknown, not 0. */
export function Numbers() {
  void revision.value
  return (
    <section class="numbers" aria-label="The account in four figures">
      {store.status === undefined ? (
        HEADS.map(head => (
          <div key={head} class="number">
            <h2>{head}</h2>
            <p class="figure">–</p>
            <p class="note">not known yet</p>
          </div>
        ))
      ) : (
        <>
          <Counts />
          <Risk />
          <Day />
          <Exitable />
        </>
      )}
    </section>
  )
}

function Counts() {
  const { guarded, exiting, unguarded, observed } = sums.value
  return (
    <div class="number">
      <h2>{COUNTS}</h2>
      <p class="figure">
        <span class={guarded > 0 ? 'good' : ''}>{countText(guarded)}</span>
        <span class="of"> guarded</span>
      </p>
      <p class="note">
        {countText(exiting)} exiting ·{' '}
        <span class={unguarded > 0 ? 'bad' : ''}>{countText(unguarded)} not guarded</span>
        {observed > 0 && ` · ${countText(observed)} observed`}
      </p>
    </div>
  )
}

function Risk() {
  const { money, unbounded } = sums.value
  const [first, ...others] = money
  return (
    <div class="number">
      <h2>{RISK}</h2>
      <p class="figure">{moneyText(first?.atRisk ?? 0, first?.currency)}</p>
      <p class="note">
        {moneyText(first?.atRiskWorse ?? 0, first?.currency)} if 1 % worse
        {unbounded > 0 && (
          <span class="bad"> · {countText(unbounded)} without a stop or price</span>
        )}
      </p>
      {others.slice(0, MOST_LINES - 1).map(each => (
        <p key={each.currency} class="note">
          {moneyText(each.atRisk, each.currency)} · {moneyText(each.atRiskWorse, each.currency)} if
          1 % worse
        </p>
      ))}
      {others.length >= MOST_LINES && <p class="note">and {others.length - 2} more currencies</p>}
    </div>
  )
}

function Day() {
  const { day } = store
  const realised = (day?.realised ?? []).reduce((total, { amount }) => total + amount, 0)
  const limits = (day?.limits ?? []).toSorted((a, b) => usedOf(b) - usedOf(a))
  return (
    <div class="number">
      <h2>{DAY}</h2>
      <p class="figure">
        <Profit money={sums.value.money} realised={realised} />
      </p>
      {limits.length === 0 && (
        <p class="note">{moneyText(realised, null, true)} realised · no limit on the day's loss</p>
      )}
      {limits.slice(0, MOST_LINES).map(limit => (
        <Limit key={limit.name} limit={limit} />
      ))}
      {limits.length > MOST_LINES && (
        <p class="note">and {limits.length - MOST_LINES} more limits</p>
      )}
    </div>
  )
}

const usedOf = ({ loss, maxLoss }: LimitView): number => Math.max(0, loss / maxLoss)

function Profit({
  money,
  realised,
}: {
  readonly money: readonly Money[]
  readonly realised: number
}) {
  // Sums of different currencies cannot be added.
  if (money.length > 1) {
    return (
      <>
        {moneyText(realised, null, true)}
        <span class="of"> realised, in {money.length} currencies</span>
      </>
    )
  }
  const total = realised + (money[0]?.profit ?? 0)
  return (
    <>
      <span class={total < 0 ? 'bad' : 'good'}>
        {moneyText(total, money[0]?.currency ?? null, true)}
      </span>
      <span class="of"> open + realised</span>
    </>
  )
}

function Limit({ limit }: { readonly limit: LimitView }) {
  const used = usedOf(limit)
  const state =
    limit.trippedAt !== null ? 'reached' : used * 100 >= limit.warnAtPct ? 'near' : 'far'
  return (
    <p class="note limit" data-state={state}>
      <span>
        {limit.name}: {percentText(used, 0)} of {moneyText(limit.maxLoss, limit.currency)}
        {state === 'reached' && ' – reached'}
      </span>
      <meter
        min={0}
        max={1}
        value={Math.min(1, used)}
        aria-label={`Limit ${limit.name}: ${percentText(used, 0)} used`}
      />
    </p>
  )
}

function Exitable() {
  const { status, rows } = store
  const blocked = status?.blockedBy ?? []
  const { exitable: count, unexitableBy: why } = sums.value
  return (
    <div class="number">
      <h2>{EXITABLE}</h2>
      <p class="figure">
        <span class={count < rows.size ? 'bad' : 'good'}>{countText(count)}</span>
        <span class="of"> of {countText(rows.size)}</span>
      </p>
      <p class="note">
        {why ?? 'orders may leave, and the venue takes calls'}
        {blocked.length > 1 && ` (and ${blocked.length - 1} more)`}
      </p>
    </div>
  )
}
