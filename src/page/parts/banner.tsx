import {
  behindMs,
  isOtherBuild,
  isStale,
  revision,
  serviceNow,
  store,
  sums,
  trouble,
} from '../state.ts'
import { countText, durationText, whyText } from '../text.ts'
import { KillSwitch } from './kill-switch.tsx'

const MARKS = { guarded: '✓', attention: '!', 'not guarded': '✕' } as const

/** The status of the whole account with reason and time; the kill switch; the age of the data. */
export function Banner() {
  void revision.value
  const { status } = store
  const word = status?.word
  const isOld = isStale.value
  return (
    <header class="banner" data-word={word ?? 'unknown'}>
      <div class="verdict" role="status" aria-live="polite">
        <h1>
          <span class="mark" aria-hidden="true">
            {word === undefined ? '…' : MARKS[word]}
          </span>{' '}
          {word ?? 'not known yet'}
        </h1>
        <p class="why">
          {word === undefined ? (trouble.value ?? 'waiting for the first data') : sentence()}
        </p>
      </div>
      <div class="aside">
        <Age isOld={isOld} />
        <KillSwitch />
      </div>
    </header>
  )
}

/** The reason of the status, and its time. */
function sentence(): string {
  const { why, since } = store.status!
  const { guarded, exiting } = sums.value
  const first = why[0]
  const all = store.rows.size === 0 ? 'no position is open' : `${countText(guarded)} under guard`
  const going = exiting > 0 ? `, ${countText(exiting)} being exited` : ''
  const reason = first === undefined ? all + going : whyText(first)
  const more = why.length > 1 ? ` (and ${why.length - 1} more)` : ''
  const time = since === null ? '' : ` · for ${durationText(serviceNow() - since)}`
  return reason + more + time
}

function Age({ isOld }: { readonly isOld: boolean }) {
  const ms = behindMs.value
  if (ms === undefined) return <p class="age">no data yet</p>
  const seconds = (ms / 1_000).toFixed(1)
  return (
    <p class="age" role={isOld ? 'alert' : undefined}>
      {isOld ? (
        <>
          <strong>Old data: {durationText(ms)} behind</strong>
          <span class="trouble"> {trouble.value ?? ''}</span>
        </>
      ) : (
        <>
          <span class="pulse" aria-hidden="true" /> data {seconds} s old
          {isOtherBuild.value && (
            <strong> · a cache serves the page of another version: empty it</strong>
          )}
        </>
      )}
    </p>
  )
}
