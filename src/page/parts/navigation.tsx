import { useEffect, useRef } from 'preact/hooks'
import { hrefOf, place, VIEWS } from '../route.ts'

/** The views of the page; on a phone the present one is scrolled into sight. */
export function Navigation() {
  const { view } = place.value
  const bar = useRef<HTMLElement>(null)
  useEffect(() => {
    bar.current
      ?.querySelector('[aria-current]')
      ?.scrollIntoView({ inline: 'nearest', block: 'nearest' })
  }, [view])
  return (
    <nav aria-label="Views" ref={bar}>
      {VIEWS.map(each => (
        <a key={each} href={hrefOf(each)} aria-current={each === view ? 'page' : undefined}>
          {each}
        </a>
      ))}
      <a href="docs">API</a>
    </nav>
  )
}
