import type { Notice } from './notices.ts'
import { endOf } from './noticing.ts'
import { asksHolding, type ExitSettings } from './settings.ts'
import type { TrackedExit } from './tracked-exit.ts'

/**
 * Takes the notices of what an exit has waited for too long at `now` (epoch ms), and of an end in an earlier process:
 * each is given once.
 */
export function takeWaitNotices(
  entry: TrackedExit,
  now: number,
  settings: ExitSettings,
): readonly Notice[] {
  const notices: Notice[] = []
  const { decision, steps, order } = entry.record
  const unprovedMs = entry.unreportedUnprovedMs(now, settings)
  if (unprovedMs !== undefined) {
    entry.unprovedReported()
    const { clientOrderId } = order
    notices.push({ kind: 'exit-unproved', decision, clientOrderId, forMs: unprovedMs, steps })
  }
  const unverifiedMs = entry.unreportedUnverifiedMs(now, settings)
  if (unverifiedMs !== undefined) {
    entry.verification.waitReported()
    notices.push({ kind: 'exit-unverified', decision, forMs: unverifiedMs, isSent: false })
  }
  const end = entry.isEndUnreported ? endOf(entry.record) : undefined
  entry.isEndUnreported = false
  if (end !== undefined) notices.push(end)
  return notices
}

/** The notice of an order that leaves at `now` (epoch ms) though the venue has not answered what is held. */
export function sentUnverified(
  entry: TrackedExit,
  now: number,
  settings: ExitSettings,
): Notice | undefined {
  if (!entry.isWaived(now, settings) || !asksHolding(settings.capabilities)) return undefined
  const { decision } = entry.record
  const forMs = entry.verification.waitedMs(entry.group.answered, now)
  return { kind: 'exit-unverified', decision, forMs, isSent: true }
}
