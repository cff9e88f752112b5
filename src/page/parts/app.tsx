import { useSignalEffect } from '@preact/signals'
import { place } from '../route.ts'
import { behindMs, isStale } from '../state.ts'
import { Accounts } from './accounts.tsx'
import { Banner } from './banner.tsx'
import { ExitsPanel } from './exits.tsx'
import { Lazy } from './lazy.tsx'
import { List } from './list.tsx'
import { Navigation } from './navigation.tsx'
import { Numbers } from './numbers.tsx'
import { TokenDialog } from './token.tsx'

/** The whole page. */
export function App() {
  // The whole page turns grey: old data must not appear current anywhere.
  useSignalEffect(() => {
    document.documentElement.classList.toggle(
      'stale',
      isStale.value && behindMs.value !== undefined,
    )
  })
  const { view, id } = place.value
  const isHome = view === 'positions' && id === undefined
  return (
    <>
      <a class="skip" href="#main">
        Skip to the positions
      </a>
      <Banner />
      <Navigation />
      <main id="main" tabIndex={-1}>
        {isHome ? (
          <>
            <Numbers />
            <Accounts />
            <div class="columns">
              <List />
              <ExitsPanel />
            </div>
          </>
        ) : (
          <Lazy />
        )}
      </main>
      <TokenDialog />
    </>
  )
}
