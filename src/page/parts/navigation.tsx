import { hrefOf, place, VIEWS } from '../route.ts'

/** The views of the page. */
export function Navigation() {
  const { view } = place.value
  return (
    <nav aria-label="Views">
      {VIEWS.map(each => (
        <a key={each} href={hrefOf(each)} aria-current={each === view ? 'page' : undefined}>
          {each}
        </a>
      ))}
      <a href="docs">API</a>
    </nav>
  )
}
