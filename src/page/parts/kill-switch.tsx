import { useSignal } from '@preact/signals'
import type { KillSwitchState } from '../../ports/control/kill-switch.ts'
import { change } from '../api.ts'
import { revision, store } from '../state.ts'
import { Confirm, Dialog } from './confirm.tsx'

const STATES: readonly (readonly [KillSwitchState, string])[] = [
  ['off', 'everything goes on as usual'],
  ['block', 'no new position is to be opened; those that are open are guarded'],
  ['flatten', 'every position is exited at market, also those that are added later'],
  ['halt', 'no order leaves at all: exits are decided and held'],
]

type Step =
  | { readonly kind: 'closed' }
  | { readonly kind: 'choose' }
  | { readonly kind: 'confirm'; readonly state: KillSwitchState }

/** The kill switch: shows its state, and changes it in two steps. */
export function KillSwitch() {
  void revision.value
  const step = useSignal<Step>({ kind: 'closed' })
  const state = store.status?.killSwitch.state
  const close = (): void => {
    step.value = { kind: 'closed' }
  }
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
      {step.value.kind === 'choose' && (
        <Dialog title="Kill switch" close={close}>
          <ul class="choices">
            {STATES.map(([each, meaning]) => (
              <li key={each}>
                <button
                  type="button"
                  class={each === 'off' ? '' : 'danger'}
                  disabled={each === state}
                  onClick={() => (step.value = { kind: 'confirm', state: each })}
                >
                  {each}
                </button>
                <span>
                  {meaning}
                  {each === state && ' (now)'}
                </span>
              </li>
            ))}
          </ul>
          <div class="buttons">
            <button type="button" onClick={close}>
              Back
            </button>
          </div>
        </Dialog>
      )}
      {step.value.kind === 'confirm' && <Move to={step.value.state} close={close} />}
    </>
  )
}

function Move({ to, close }: { readonly to: KillSwitchState; readonly close: () => void }) {
  const held = useSignal<'send' | 'discard'>('send')
  const present = store.status?.killSwitch
  const holds = present?.held ?? 0
  const asksForHeld = present?.state === 'halt' && holds > 0 && to !== 'halt'
  const body = { state: to, ...(asksForHeld && { held: held.value }) }
  return (
    <Confirm
      title={`Kill switch: ${present?.state ?? '?'} → ${to}`}
      act={to === 'flatten' ? `Exit all ${store.rows.size} now` : `Set to ${to}`}
      isDangerous={to !== 'off'}
      close={close}
      run={() => change('POST', '/api/kill-switch', body)}
    >
      <p>{effectOf(to)}</p>
      {asksForHeld && (
        <fieldset>
          <legend>{holds} exits are held:</legend>
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

function effectOf(to: KillSwitchState): string {
  const count = store.rows.size
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
