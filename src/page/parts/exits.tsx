import type { ViewExit } from '../../ports/view.ts'
import { hrefOf } from '../route.ts'
import { revision, serviceNow, store } from '../state.ts'
import { durationText, moneyText, priceText, timeText, words } from '../text.ts'

/** The last exits, the newest first; each links to its receipt. */
export function ExitsPanel() {
  void revision.value
  const now = serviceNow()
  return (
    <section class="exits" aria-label="Last exits">
      <h2>Last exits</h2>
      {store.exits.length === 0 && (
        <p class="empty">{store.status === undefined ? 'Waiting for the exits' : 'No exit yet.'}</p>
      )}
      <ol>
        {store.exits.map(exit => (
          <li key={exit.seq}>
            <a href={hrefOf('trades', exit.id, String(exit.seq))} data-state={exit.state}>
              <Exit exit={exit} now={now} />
            </a>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Exit({ exit, now }: { readonly exit: ViewExit; readonly now: number }) {
  const { id, reason, profit, fill, level, state, at, endedAt } = exit
  return (
    <>
      <span class="exit-head">
        <b>{id}</b>
        <span class={profit === null ? '' : profit < 0 ? 'bad' : 'good'}>
          {profit === null ? words(state) : moneyText(profit, null, true)}
        </span>
      </span>
      <span class="exit-line">
        {words(reason)}
        {level !== null && ` at ${priceText(level, null)}`}
        {fill !== null && ` → ${priceText(fill, null)}`}
      </span>
      <span class="exit-line quiet">
        {timeText(at, now)}
        {endedAt !== null && state === 'filled' && ` · ${durationText(endedAt - at)}`}
        {slippage(exit)}
      </span>
    </>
  )
}

/** How much worse than its level an exit was filled, in price points. */
function slippage({ level, fill, side }: ViewExit): string {
  if (level === null || fill === null || side === null) return ''
  const worse = (level - fill) * (side === 'long' ? 1 : -1)
  return ` · slippage ${priceText(Number(worse.toPrecision(3)), null)}`
}
