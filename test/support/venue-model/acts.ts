import type { Dice, GuardedAccount } from './guarded-account.ts'

type Act = (account: GuardedAccount, roll: Dice) => void

/** By how much the wall clock is set, ms: less than a proof takes, more, and far. */
const STEPS = [3, 30, 3_600_000]

/** Possible events of a guarded account, each with its frequency. */
export const ACTS: Record<string, Act> = {
  decide: (account, roll) => {
    const open = account.present.filter(({ isDecided }) => !isDecided)
    if (open.length > 0) account.decide(open[roll() % open.length]!)
  },
  repeat: (account, roll) => {
    const decided = account.generations.filter(({ isDecided }) => isDecided)
    if (decided.length > 0) account.repeat(decided[roll() % decided.length]!)
  },
  cycle: (account, roll) => account.cycle(roll),
  deliver: (account, roll) => account.deliver(roll),
  settle: (account, roll) => {
    account.cycle(roll)
    for (let left = 6; left > 0; left--) account.deliver(roll)
  },
  wait: (account, roll) => account.advance(1 + (roll() % 25)),
  execute: (account, roll) => account.venue.fill(1 + (roll() % 3)),
  flush: account => account.flush(),
  crash: (account, roll) => account.crash(roll),
  'hand-sell': (account, roll) => {
    if (account.claims.reduceOnly || account.isCalm) account.handSell(1 + (roll() % 4))
  },
  'hand-sell-unseen': (account, roll) => {
    if (!account.hasQueue) return
    if (account.claims.reduceOnly || account.isCalm) account.handSellUnseen(1 + (roll() % 4))
  },
  leave: (account, roll) => account.leave(roll),
  halt: account => {
    account.isHalted = !account.isHalted
  },
  push: (account, roll) => account.push(roll),
  discard: account => account.discard(),
  'others-buy': (account, roll) => {
    if (account.mayEnter) account.othersBuy(1 + (roll() % 4))
  },
  'buy-position': (account, roll) => account.buyPosition(1 + (roll() % 4)),
  adopt: (account, roll) => account.adopt(1 + (roll() % 4)),
  'clock-step': (account, roll) => {
    const [ms, sign] = [STEPS[roll() % STEPS.length]!, roll() % 2 === 0 ? 1 : -1]
    account.stepClock(sign * ms, roll)
  },
  'old-report': (account, roll) => account.oldReport(1 + (roll() % 60)),
  'old-list': (account, roll) => account.oldList(1 + (roll() % 60)),
  'fill-late': (account, roll) => account.fillLate(1 + (roll() % 4)),
  'reject-late': account => account.rejectLate(),
  lie: account => account.lie(),
  perjure: account => account.perjure(),
  purge: account => account.purge(),
  'claim-less': (account, roll) => account.claimLess(roll),
  restart: account => {
    account.flush()
    account.crash(() => 0)
  },
  reopen: (account, roll) => {
    const closed = account.generations.filter(({ isClosed }) => isClosed)
    const entered = closed[roll() % Math.max(1, closed.length)]
    if (entered === undefined || !account.mayEnter) return
    const { id } = entered.position
    if (account.present.some(({ position }) => position.id === id)) return
    const last = account.generations.findLast(({ position }) => position.id === id)!
    account.enter(id, 1 + (roll() % 5), last.generation + 1)
  },
}
