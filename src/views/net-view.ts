import type { Account } from '../account/account.ts'
import type { PositionId } from '../domain/ids.ts'
import type { NetView } from '../ports/control/why.ts'

/** Why a position has no stop at the venue, for a person. */
const WHY = {
  'no-stop': 'no rule gives a stop yet that it could follow',
  'too-far': 'the venue takes no trigger so far from the price',
  unsupported: 'the venue takes no resting stops, or could not prove what becomes of one',
} as const

/** The stop at the venue of an open position; undefined where its rules ask for none. */
export function netViewOf(
  { engine: { nets, registry }, state }: Pick<Account, 'engine' | 'state'>,
  id: PositionId,
): NetView | undefined {
  const generation = state.positions.get(id)?.generation
  const net = generation === undefined ? undefined : nets.table.of({ positionId: id, generation })
  if (net !== undefined) {
    const { order, executed, state: present } = net.record
    return {
      state: present.kind,
      clientOrderId: net.id,
      trigger: order.trigger.price,
      quantity: order.quantity,
      executed: executed.quantity,
    }
  }
  if (!registry.netted.has(id)) return undefined
  const why = nets.without.get(id)
  return { state: 'none', ...(why !== undefined && { why: WHY[why] }) }
}
