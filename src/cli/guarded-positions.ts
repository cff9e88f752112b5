import { positionPage, type PositionView } from '../ports/control/positions.ts'
import type { ServiceClient } from './client.ts'

/** Every position that a service guards, in the order of ids, page by page. */
export async function guardedPositions(client: ServiceClient): Promise<readonly PositionView[]> {
  const found: PositionView[] = []
  for (let after: string | null | undefined; after !== null;) {
    const from: string = after === undefined ? '' : `?after=${encodeURIComponent(after)}`
    const page = await client.get(`/api/positions${from}`, positionPage)
    found.push(...page.positions)
    after = page.next
  }
  return found
}
