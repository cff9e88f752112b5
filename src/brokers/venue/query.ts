/** Encodes parameters as a query string, in their order. */
export const queryOf = (params: Readonly<Record<string, string>>): string =>
  Object.entries(params)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')

export const withQuery = (path: string, query: string): string =>
  query === '' ? path : `${path}?${query}`
