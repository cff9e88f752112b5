import type { OrderState } from '../../../src/domain/order.ts'
import type { ExitRecord } from '../../../src/exits/record.ts'

/** Impossible answers about an order; `truth` where the answer cannot show it. */
export function lieAbout(
  { order: { quantity }, exists }: ExitRecord,
  { by, truth, roll }: { by: 'look-up' | 'cancel'; truth: OrderState; roll: number },
): OrderState {
  // The bridge rejects the cancel, and reports that about the order.
  if (by === 'cancel') return { kind: 'rejected', code: 'refused' }
  const lies: OrderState[] = [
    { kind: 'filled', executed: { quantity: quantity + 1, price: 100 } },
    { kind: 'filled', executed: { quantity: quantity / 2, price: 100 } },
    { kind: 'working', executed: { quantity, price: 100 } },
  ]
  // About an order that was never accepted it may be true.
  if (exists) lies.push({ kind: 'rejected', code: 'refused' })
  return lies[roll % lies.length] ?? truth
}
