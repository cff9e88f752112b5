/** Steps of an exit by the method and the path of their requests; a stop of Bybit is placed as an order is. */
const ROUTES: readonly (readonly [RegExp, 'place' | 'stop' | 'cancel' | 'order' | 'holding'])[] = [
  [/^POST \/(?:fapi\/v1\/order|v5\/order\/create|api\/v5\/trade\/order)$/, 'place'],
  [/^POST \/(?:fapi\/v1\/algoOrder|v5\/order\/amend)$/, 'stop'],
  [/^POST \/api\/v5\/trade\/(?:order-algo|amend-algos)$/, 'stop'],
  [/^DELETE \/fapi\/v1\/(?:order|algoOrder)\?/, 'cancel'],
  [/^POST \/(?:v5\/order\/cancel|api\/v5\/trade\/cancel-(?:order|algos))$/, 'cancel'],
  [/^GET \/fapi\/v1\/(?:order|algoOrder)\?/, 'order'],
  [/^GET \/v5\/order\/(?:realtime|history)\?.*orderLinkId=/, 'order'],
  [/^GET \/api\/v5\/trade\/(?:order|order-algo)\?/, 'order'],
  [/^GET \/fapi\/v2\/positionRisk\?/, 'holding'],
  [/^GET \/v5\/position\/list\?.*symbol=/, 'holding'],
  [/^GET \/api\/v5\/account\/positions\?instId=/, 'holding'],
]

/** The step that a request to one of the venues is, by its path or address; undefined: none of an exit. */
export function stepAtVenue(method: string, address: string) {
  const { pathname, search } = new URL(address, 'http://venue')
  return ROUTES.find(([pattern]) => pattern.test(`${method} ${pathname}${search}`))?.[1]
}
