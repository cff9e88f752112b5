import { useSignal, useSignalEffect } from '@preact/signals'
import type { ComponentType } from 'preact'
import { place, type Place } from '../route.ts'

/** Loads the code of a view when it is opened first. */
function load({ view, id }: Place): Promise<ComponentType> {
  switch (view) {
    case 'positions':
      return import('../views/position.tsx').then(each => each.PositionPage)
    case 'gateway':
      return import('../views/gateway.tsx').then(each => each.GatewayPage)
    case 'supervision':
      return import('../views/supervision.tsx').then(each => each.SupervisionPage)
    case 'performance':
      return import('../views/performance.tsx').then(each => each.PerformancePage)
    case 'journal':
      return import('../views/journal.tsx').then(each => each.JournalPage)
    case 'trades':
      return id === undefined
        ? import('../views/trades.tsx').then(each => each.TradesPage)
        : import('../views/receipt.tsx').then(each => each.ReceiptPage)
  }
}

/** The view that the address names. */
export function Lazy() {
  const loaded = useSignal<{ readonly View: ComponentType; readonly key: string } | undefined>(
    undefined,
  )
  const failure = useSignal<string | undefined>(undefined)
  useSignalEffect(() => {
    const wanted = place.value
    const key = JSON.stringify(wanted)
    load(wanted)
      .then(View => {
        if (place.value === wanted) loaded.value = { View, key }
      })
      .catch((error: unknown) => (failure.value = String(error)))
  })
  if (failure.value !== undefined) return <p class="bad">{failure.value}</p>
  // A view must not receive the address of another one.
  if (loaded.value?.key !== JSON.stringify(place.value)) return <p class="empty">Loading</p>
  const { View, key } = loaded.value
  return <View key={key} />
}
