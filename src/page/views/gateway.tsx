import { useSignal } from '@preact/signals'
import type { AccountView } from '../../ports/control/accounts.ts'
import type { GatewayView } from '../../ports/control/gateway.ts'
import { change } from '../api.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Failure, Table } from '../parts/table.tsx'
import { usePoll } from '../poll.ts'
import { serviceNow } from '../state.ts'
import { durationText, timeText, words } from '../text.ts'

type Breaker = GatewayView['breakers'][number]
type Limit = GatewayView['limits'][number]

const ACTS = [
  ['reset', 'close it, with a clean count'],
  ['force-open', 'let no call of the group through'],
  ['disable', 'let every call through, whatever fails'],
  ['metrics-only', 'count, and let every call through'],
] as const

const ACCOUNTS_MS = 60_000

/** The gateway of the account, or of the one that a person chooses among several. */
export function GatewayPage() {
  const { data, failure } = usePoll<readonly AccountView[]>('/api/accounts', ACCOUNTS_MS)
  const chosen = useSignal<string | undefined>(undefined)
  const accounts = data.value
  if (accounts === undefined) return <Failure text={failure.value} />
  const name = chosen.value ?? accounts[0]?.name ?? ''
  const base = accounts.length > 1 ? `/api/accounts/${encodeURIComponent(name)}` : '/api'
  return (
    <>
      {accounts.length > 1 && (
        <p class="tools">
          <label>
            account{' '}
            <select value={name} onChange={event => (chosen.value = event.currentTarget.value)}>
              {accounts.map(each => (
                <option key={each.name}>{each.name}</option>
              ))}
            </select>
          </label>
        </p>
      )}
      <Gateway key={base} base={base} />
    </>
  )
}

/** Breakers with their history, throttles against their ceilings, lanes, and the last calls. */
function Gateway({ base }: { readonly base: string }) {
  const { data, failure, again } = usePoll<GatewayView>(`${base}/gateway`, 1_000)
  const act = useSignal<{ group: string; name: string; meaning: string } | undefined>(undefined)
  const view = data.value
  return (
    <>
      <Failure text={failure.value} />
      {view === undefined ? (
        <p class="empty">Waiting for the gateway</p>
      ) : (
        <>
          <div class="cards">
            {view.breakers.map(each => (
              <BreakerCard
                key={each.group}
                breaker={each}
                ask={(name, meaning) => (act.value = { group: each.group, name, meaning })}
              />
            ))}
          </div>
          {view.limits.map(each => (
            <LimitCard key={each.name} limit={each} />
          ))}
          <section class="card" aria-label="The last calls">
            <h2>The last calls</h2>
            <Table
              label="The last calls"
              items={view.calls.toReversed().slice(0, 100)}
              keyOf={({ at, operation, ms }) => `${at} ${operation} ${ms}`}
              columns={[
                { head: 'Time', cell: ({ at }) => timeText(at, serviceNow()) },
                { head: 'Group', cell: ({ group }) => group },
                { head: 'Call', cell: ({ operation }) => operation },
                { head: 'Took', isNumber: true, cell: ({ ms }) => `${ms.toFixed(1)} ms` },
                {
                  head: 'Outcome',
                  cell: ({ outcome }) => (
                    <span class={outcome === 'ok' ? 'good' : 'bad'}>{outcome}</span>
                  ),
                },
              ]}
            />
          </section>
        </>
      )}
      {act.value !== undefined && (
        <Confirm
          title={`Breaker of ${act.value.group}: ${words(act.value.name)}`}
          act={words(act.value.name)}
          isDangerous={act.value.name !== 'reset'}
          close={() => {
            act.value = undefined
            again()
          }}
          run={() =>
            change('POST', `${base}/gateway/breakers/${act.value!.group}/${act.value!.name}`)
          }
        >
          <p>This will {act.value.meaning}.</p>
        </Confirm>
      )}
    </>
  )
}

function BreakerCard(props: {
  readonly breaker: Breaker
  readonly ask: (act: string, meaning: string) => void
}) {
  const { group, state, retryInMs, refused, transitions } = props.breaker
  const now = serviceNow()
  return (
    <section class="card" aria-label={`Breaker of ${group}`}>
      <h2>Breaker of {group}</h2>
      <p class={`figure ${state === 'closed' ? 'good' : state.includes('open') ? 'bad' : 'warn'}`}>
        {words(state)}
      </p>
      <p class="note">
        {refused} calls refused
        {state === 'open' && retryInMs !== null && ` · tried again in ${durationText(retryInMs)}`}
        {retryInMs === null && ' · until a person ends it'}
      </p>
      <ol class="lines">
        {transitions
          .toReversed()
          .slice(0, 6)
          .map(({ from, to, at, cause }) => (
            <li key={`${at} ${to}`}>
              <small>{timeText(at, now)}</small>
              <span>
                {words(from)} → <b>{words(to)}</b>
              </span>
              <span class="detail">{words(cause)}</span>
            </li>
          ))}
      </ol>
      <details>
        <summary>By hand</summary>
        <div class="by-hand">
          {ACTS.map(([name, meaning]) => (
            <button key={name} type="button" onClick={() => props.ask(name, meaning)}>
              {words(name)}
            </button>
          ))}
        </div>
      </details>
    </section>
  )
}

function LimitCard({ limit }: { readonly limit: Limit }) {
  const { name, groups, rate, ceilings, cuts, inFlight, lanes } = limit
  const ceiling = ceilings.perSecond
  const last = cuts.at(-1)
  return (
    <section class="card" aria-label={`Throttle ${name}`}>
      <h2>
        Throttle {name}: {groups.join(', ')}
      </h2>
      <p>
        <b>{rate.toFixed(1)}</b> calls a second
        {ceiling === null ? ', no ceiling known' : ` of ${ceiling} that the venue allows`} ·{' '}
        {inFlight} under way
        {last !== undefined && (
          <span class="warn">
            {' '}
            · cut from {last.from.toFixed(1)} to {last.to.toFixed(1)} at{' '}
            {timeText(last.at, serviceNow())}: {words(last.reason)}
          </span>
        )}
      </p>
      {ceiling !== null && (
        <meter
          min={0}
          max={ceiling}
          value={Math.min(rate, ceiling)}
          aria-label={`Rate of ${name}`}
        />
      )}
      <Table
        label={`Lanes of ${name}`}
        items={lanes}
        keyOf={({ lane }) => lane}
        columns={[
          { head: 'Lane', cell: ({ lane }) => lane },
          { head: 'Waiting', isNumber: true, cell: ({ depth }) => depth },
          {
            head: 'Longest wait',
            isNumber: true,
            cell: ({ oldestWaitMs }) => durationText(oldestWaitMs),
          },
          {
            head: 'Dropped',
            isNumber: true,
            cell: ({ dropped }) => <span class={dropped > 0 ? 'bad' : ''}>{dropped}</span>,
          },
        ]}
      />
    </section>
  )
}
