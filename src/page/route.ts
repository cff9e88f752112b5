import { signal } from '@preact/signals'

/** The views of the page, by the first part of the address after `#/`. */
export const VIEWS = [
  'positions',
  'gateway',
  'supervision',
  'performance',
  'journal',
  'trades',
] as const
export type ViewName = (typeof VIEWS)[number]

export interface Place {
  readonly view: ViewName
  /** What the view shows: the id of a position, or the number of an exit. */
  readonly id?: string
  /** Part of the view, such as `exit`. */
  readonly part?: string
}

function placeOf(hash: string): Place {
  const [name = '', id, part] = hash.replace(/^#\/?/, '').split('/').map(decoded)
  const view = VIEWS.find(each => each === name) ?? 'positions'
  return { view, ...(id !== undefined && id !== '' && { id }), ...(part !== undefined && { part }) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const place = signal(placeOf(location.hash))

window.addEventListener('hashchange', () => {
  place.value = placeOf(location.hash)
  window.scrollTo(0, 0)
})

export const hrefOf = (view: ViewName, id?: string, part?: string): string =>
  `#/${[view, id, part]
    .filter(each => each !== undefined)
    .map(encodeURIComponent)
    .join('/')}`

export const go = (href: string): void => {
  location.hash = href
}
