import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { AccountView } from '../../ports/control/accounts.ts'
import { read } from '../api.ts'
import { whyText } from '../text.ts'
import { filter } from './list.tsx'

/** A request reads the health of every account. */
const EVERY_MS = 5_000

const WORDS = { pass: 'guarded', warn: 'attention', fail: 'not guarded' } as const

/** One card for each account: health, positions, kill switch and shared limits; nothing where there is one account. */
export function Accounts() {
  const accounts = useSignal<readonly AccountView[]>([])
  const isOld = useSignal(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    const refresh = async (): Promise<void> => {
      try {
        if (!document.hidden) accounts.value = await read<readonly AccountView[]>('/api/accounts')
        isOld.value = false
      } catch {
        isOld.value = true
      }
      // The accounts of a service do not change while it runs: one alone is read once.
      const isAlone = accounts.value.length === 1 && !isOld.value
      if (!isOver && !isAlone) timer = setTimeout(() => void refresh(), EVERY_MS)
    }
    void refresh()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [])
  if (accounts.value.length < 2) return null
  return (
    <section class="accounts" aria-label="Accounts" data-old={isOld.value}>
      {accounts.value.map(each => (
        <Account key={each.name} account={each} isOld={isOld.value} />
      ))}
    </section>
  )
}

function Account({ account, isOld }: { readonly account: AccountView; readonly isOld: boolean }) {
  const { name, status, output, positions, mode, killSwitch, sharedLimits } = account
  const isChosen = filter.value === name
  return (
    <button
      type="button"
      class="account"
      data-status={isOld ? 'unknown' : status}
      aria-pressed={isChosen}
      title={isChosen ? 'Show the positions of every account' : `Show the positions of ${name}`}
      onClick={() => (filter.value = isChosen ? '' : name)}
    >
      <b>{name}</b>
      <span class="status">{isOld ? 'not known' : WORDS[status]}</span>
      <small>
        {positions} {positions === 1 ? 'position' : 'positions'}
        {mode !== 'guard' && ` · ${mode}`}
        {sharedLimits.length > 0 && ` · shares ${sharedLimits.join(', ')}`}
      </small>
      {killSwitch !== 'off' && <span class="bad">kill switch: {killSwitch}</span>}
      {output[0] !== undefined && <small class="reason">{whyText(output[0])}</small>}
    </button>
  )
}
