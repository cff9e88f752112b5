import { signal } from '@preact/signals'
import { onTokenNeeded } from './api.ts'
import { Connection } from './live/connection.ts'
import { sumsOf } from './live/figures.ts'
import { LiveStore } from './live/store.ts'

/** Data older than this is greyed out, ms. */
const STALE_MS = 2_000
const TICK_MS = 250

export const store = new LiveStore()

/** Incremented with every change of the store: components that read it are rendered again. */
export const revision = signal(0)
/** Age of the page's data, ms; undefined before the first. */
export const behindMs = signal<number | undefined>(undefined)
export const isStale = signal(true)
/** Reason why there is no connection. */
export const trouble = signal<string | undefined>(undefined)
/** The service serves another page, and loading it anew gave this one again. */
export const isOtherBuild = signal(false)
export const sums = signal(sumsOf([], []))
/** Waits for the token that a person enters. */
export interface TokenWanted {
  /** The service does not take the token that was entered before. */
  readonly isRefused: boolean
  give(token: string): void
  /** No token is entered: the requests that wait for it fail. */
  cancel(): void
}
/** Undefined: no token is requested. */
export const tokenWanted = signal<TokenWanted | undefined>(undefined)

let frame = 0
const connection = new Connection(store, {
  changed: () => {
    if (frame !== 0) return
    frame = requestAnimationFrame(() => {
      frame = 0
      sums.value = sumsOf(store.rows.values(), store.series, row => store.blockedBy(row))
      revision.value++
      tick()
    })
  },
  trouble: why => (trouble.value = why),
  otherBuild: reloadFor,
})

/**
 * Loads the page of another build; once for each, and not for good where a cache between service and browser serves
 * the old page.
 */
function reloadFor(build: string): void {
  const state = history.state as { readonly reloadedFor?: string } | null
  if (state?.reloadedFor === build) {
    isOtherBuild.value = true
    return
  }
  history.replaceState({ reloadedFor: build }, '')
  location.reload()
}

/** The service's clock as the page estimates it, epoch ms. */
export const serviceNow = (): number => store.at + Math.max(0, connection.ageMs)

function tick(): void {
  const ms = connection.ageMs
  if (ms === Infinity) return
  connection.renew()
  isStale.value = ms > STALE_MS
  behindMs.value = ms
}

/** Connects, and updates the age of the data. */
export function start(): void {
  onTokenNeeded(
    isRefused =>
      new Promise((resolve, reject) => {
        const done = (act: () => void): void => {
          tokenWanted.value = undefined
          act()
        }
        tokenWanted.value = {
          isRefused,
          give: token => done(() => resolve(token)),
          cancel: () => done(() => reject(new Error('no token was entered'))),
        }
      }),
  )
  setInterval(tick, TICK_MS)
  connection.start()
}
