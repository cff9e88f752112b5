import { useSignal } from '@preact/signals'
import type { AccountView } from '../../ports/control/accounts.ts'
import type { KillSwitchState } from '../../ports/control/kill-switch.ts'
import { change } from '../api.ts'
import { usePoll } from '../poll.ts'
import { revision, store } from '../state.ts'
import { countText } from '../text.ts'
import { Confirm, Dialog } from './confirm.tsx'
import { Failure } from './table.tsx'

const STATES: readonly (readonly [KillSwitchState, string])[] = [
  ['off', 'everything goes on as usual'],
  ['block', 'no new position is to be opened; those that are open are guarded'],
  ['flatten', 'every position is exited at market, also those that are added later'],
  ['halt', 'no order leaves at all: exits are decided and held'],
]

/** The accounts whose kill switch is moved. */
interface Concerned {
  /** Before `/kill-switch`. */
  readonly base: string
  /** Absent: of the only account. */
  readonly name?: string
  readonly positions: number
  readonly heldExits: number
  readonly states: readonly KillSwitchState[]
}

type Step =
  | { readonly kind: 'closed' }
  | { readonly kind: 'choose' }
  | { readonly kind: 'confirm'; readonly state: KillSwitchState; readonly of: Concerned }

/** The kill switch: shows its state, and changes it in two steps. */
export function KillSwitch() {
  void revision.value
  const step = useSignal<Step>({ kind: 'closed' })
  const state = store.status?.killSwitch.state
  const close = (): void => {
    step.value = { kind: 'closed' }
  }
  const at = step.value
  return (
    <>
      <button
        type="button"
        class="kill"
        data-state={state ?? 'off'}
        onClick={() => (step.value = { kind: 'choose' })}
      >
        Kill switch{state !== undefined && `: ${state}`}
      </button>
      {at.kind === 'choose' && (
        <Choice
          close={close}
          choose={(to, of) => (step.value = { kind: 'confirm', state: to, of })}
        />
      )}
      {at.kind === 'confirm' && <Move to={at.state} of={at.of} close={close} />}
    </>
  )
}

/** The first step: the state, and the account where there are several. */
function Choice(props: {
  readonly close: () => void
  readonly choose: (to: KillSwitchState, of: Concerned) => void
}) {
  const { close, choose } = props
  const { data, failure } = usePoll<readonly AccountView[]>('/api/accounts', 2_000)
  const name = useSignal('')
  const accounts = data.value
  const of = accounts && concerned(accounts, name.value)
  return (
    <Dialog title="Kill switch" close={close}>
      <Failure text={failure.value} />
      {accounts !== undefined && accounts.length > 1 && (
        <p>
          <label>
            of{' '}
            <select value={name.value} onChange={event => (name.value = event.currentTarget.value)}>
              <option value="">every account</option>
              {accounts.map(each => (
                <option key={each.name} value={each.name}>
                  {each.name}: {each.killSwitch}
                </option>
              ))}
            </select>
          </label>
        </p>
      )}
      <ul class="choices">
        {STATES.map(([each, meaning]) => {
          const isPresent = of?.states.every(state => state === each) === true
          return (
            <li key={each}>
              <button
                type="button"
                class={each === 'off' ? '' : 'danger'}
                disabled={of === undefined || isPresent}
                onClick={() => choose(each, of!)}
              >
                {each}
              </button>
              <span>
                {meaning}
                {isPresent && ' (now)'}
              </span>
            </li>
          )
        })}
      </ul>
      <div class="buttons">
        <button type="button" onClick={close}>
          Back
        </button>
      </div>
    </Dialog>
  )
}

/** `name` '': every account. */
function concerned(accounts: readonly AccountView[], name: string): Concerned {
  const chosen = accounts.filter(each => name === '' || each.name === name)
  const sums = {
    positions: chosen.reduce((total, { positions }) => total + positions, 0),
    heldExits: chosen.reduce((total, { heldExits }) => total + heldExits, 0),
    states: chosen.map(({ killSwitch }) => killSwitch),
  }
  if (accounts.length < 2) return { ...sums, base: '/api' }
  const part = name === '' ? 'all' : encodeURIComponent(name)
  const base = `/api/accounts/${part}`
  return { ...sums, base, name: name === '' ? 'every account' : name }
}

function Move(props: {
  readonly to: KillSwitchState
  readonly of: Concerned
  readonly close: () => void
}) {
  const { to, of, close } = props
  const held = useSignal<'send' | 'discard'>('send')
  const asksForHeld = of.heldExits > 0 && to !== 'halt'
  const body = { state: to, ...(asksForHeld && { held: held.value }) }
  const from = [...new Set(of.states)].join(', ')
  const count = countText(of.positions)
  return (
    <Confirm
      title={`Kill switch${of.name === undefined ? '' : ` of ${of.name}`}: ${from} → ${to}`}
      act={to === 'flatten' ? `Exit all ${count} now` : `Set to ${to}`}
      isDangerous={to !== 'off'}
      close={close}
      run={() => change('POST', `${of.base}/kill-switch`, body)}
    >
      <p>{effectOf(to, count)}</p>
      {asksForHeld && (
        <fieldset>
          <legend>{of.heldExits} exits are held:</legend>
          {(['send', 'discard'] as const).map(each => (
            <label key={each}>
              <input
                type="radio"
                name="held"
                checked={held.value === each}
                onChange={() => (held.value = each)}
              />{' '}
              {each === 'send' ? 'send them now' : 'discard them; the positions are guarded again'}
            </label>
          ))}
        </fieldset>
      )}
    </Confirm>
  )
}

function effectOf(to: KillSwitchState, count: string): string {
  switch (to) {
    case 'off':
      return `Entries are welcome again, and the ${count} open positions are guarded by their rules.`
    case 'block':
      return `Programs that ask get the answer to open nothing. The ${count} open positions stay guarded.`
    case 'flatten':
      return `All ${count} open positions are exited at market now, and every one that is added later.`
    case 'halt':
      return `No exit of the ${count} open positions can leave until a person ends this. Health is fail.`
  }
}
