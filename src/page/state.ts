import { signal } from '@preact/signals'
import { onTokenNeeded } from './api.ts'
import { Connection } from './live/connection.ts'
import { sumsOf } from './live/figures.ts'
import { LiveStore } from './live/store.ts'

/** Data older than this is shown as old, ms. */
const STALE_MS = 2_000
const TICK_MS = 250

export const store = new LiveStore()

/** Counts up with every change of the store: what reads it is drawn anew. */
export const revision = signal(0)
/** How old the page's data is, ms; undefined before the first. */
export const behindMs = signal<number | undefined>(undefined)
export const isStale = signal(true)
/** Why there is no connection. */
export const trouble = signal<string | undefined>(undefined)
export const sums = signal(sumsOf([], []))
/** Takes the token that a person gives; undefined: none is wanted. */
export const tokenWanted = signal<((token: string) => void) | undefined>(undefined)

let frame = 0
const connection = new Connection(store, {
  changed: () => {
    if (frame !== 0) return
    frame = requestAnimationFrame(() => {
      frame = 0
      sums.value = sumsOf(store.rows.values(), store.series)
      revision.value++
      look()
    })
  },
  trouble: why => (trouble.value = why),
  otherBuild: () => location.reload(),
})

/** The service's clock as the page knows it, epoch ms. */
export const serviceNow = (): number => store.at + (performance.now() - connection.receivedAt)

function look(): void {
  if (connection.receivedAt === -Infinity) return
  const ms = performance.now() - connection.receivedAt
  isStale.value = ms > STALE_MS
  behindMs.value = ms
}

/** Connects, and keeps the age of the data. */
export function start(): void {
  onTokenNeeded(
    () =>
      new Promise(resolve => {
        tokenWanted.value = token => {
          tokenWanted.value = undefined
          resolve(token)
        }
      }),
  )
  setInterval(look, TICK_MS)
  connection.look()
}
