import type { NetNotice } from './notices.ts'
import { hasFired, type NetRecord } from './record.ts'

/** The notices that a change of a net causes. */
export function noticesOf(
  before: NetRecord,
  after: NetRecord,
  rejections: number,
): readonly NetNotice[] {
  const { order, executed, state, armed, positionId } = after
  const { clientOrderId, quantity } = order
  const about = { positionId, clientOrderId }
  const notices: NetNotice[] = []
  if (armed !== null && armed.price !== before.armed?.price) {
    const kind = before.armed === null ? 'net-resting' : 'net-moved'
    notices.push({ kind, ...about, quantity, trigger: armed.price })
  }
  if (hasFired(after) && !hasFired(before)) {
    notices.push({ kind: 'net-filled', ...about, executed, quantity })
  }
  if (state.kind !== 'over' || before.state.kind === 'over') return notices
  if (state.by === 'rejected') {
    notices.push({ kind: 'net-rejected', ...about, code: state.code ?? 'refused', rejections })
  } else if (!hasFired(after) && state.by !== 'dropped') {
    notices.push({ kind: 'net-over', ...about, by: state.by })
  }
  return notices
}
