import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Account } from '../../src/account/account.ts'
import type { AccountChange } from '../../src/account/write-queue.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { openPaperAccount, type PaperAccount } from '../../src/brokers/paper-account.ts'
import type { Decision } from '../../src/domain/decision.ts'
import type { Position } from '../../src/domain/position.ts'
import type { KillSwitch } from '../../src/exits/kill-switch.ts'
import type { ExitRecord } from '../../src/exits/record.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import type { Registered } from '../../src/ports/state-repository.ts'
import type { ExitFollower } from '../../src/ports/telemetry.ts'
import type { PortfolioDay } from '../../src/risk/portfolio.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import { openLmdbStore } from '../../src/stores/lmdb.ts'
import type { LmdbStore } from '../../src/stores/lmdb/store.ts'
import { StoreRepository } from '../../src/stores/state-repository.ts'
import { openAccount } from '../support/open-account.ts'

/** Callbacks while the system runs; each is called at the moment of its event. */
export interface RigOptions {
  /** Default: a temporary one, which `close` removes. */
  readonly folder?: string
  readonly onDecision?: (decision: Decision) => void
  /** The intent to exit is on disk. */
  readonly onIntent?: (record: ExitRecord) => void
  readonly onLine?: (line: JournalLine) => void
  readonly followers?: readonly ExitFollower[]
  /** Each monitor calls it before its work. */
  readonly beforeMonitor?: (watched: WatchedPosition) => void
}

/** A guarded account over a real store and a real paper account, both in one folder. */
export interface LiveRig {
  readonly account: Account
  readonly store: LmdbStore
  readonly paper: PaperAccount
  /** Rows of ratchets that became durable so far. */
  readonly ratchetsWritten: () => number
  /** Ends the account in order. */
  close(): Promise<void>
}

/** Opens store, paper account and account as the service does, without feed, API and cycle. */
export async function liveRig(options: RigOptions = {}): Promise<LiveRig> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'watchkeeper-bench-'))
  const store = await openLmdbStore({ folder: join(folder, 'store') })
  const kept = new StoreRepository<ExitRecord, KillSwitch, PortfolioDay>(store)
  let ratchets = 0
  const keep = async (change: AccountChange) => {
    const lines = await kept.keep(change)
    ratchets += change.ratchets?.size ?? 0
    for (const record of change.exits ?? []) {
      if (record.state.kind === 'intending') options.onIntent?.(record)
    }
    return lines
  }
  let paper: PaperAccount | undefined
  const account = await openAccount({
    keeper: { load: () => kept.load(), keep },
    venue: quotes => (paper = openPaperAccount({ folder: join(folder, 'paper'), quotes })),
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    timers: machineTimers,
    callTimeoutMs: 5_000,
    ...(options.beforeMonitor !== undefined && {
      chaos: { beforeMonitor: options.beforeMonitor, rules: same },
    }),
    beforeGuard: async ({ position, generation }) => {
      await paper!.deposit(position, generation)
    },
    followers: options.followers ?? [],
    onLine: line => options.onLine?.(line),
    onFatal: error => {
      throw error
    },
  })
  if (options.onDecision !== undefined) emitDecisions(account, options.onDecision)
  return {
    account,
    store,
    paper: paper!,
    ratchetsWritten: () => ratchets,
    async close() {
      await account.settled()
      await account.stop()
      await paper!.close()
      await store.close()
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

const same = <Part>(part: Part): Part => part

/** A decision is made when the book accepts it; the product emits no event for that moment. */
function emitDecisions({ engine }: Account, onDecision: (decision: Decision) => void): void {
  const { dispatcher } = engine
  const commit = dispatcher.commit.bind(dispatcher)
  dispatcher.commit = (watched, outcome) => {
    commit(watched, outcome)
    if (outcome.kind === 'exit') onDecision(outcome.decision)
  }
}

/** Takes positions under guard, as the start of the service does. */
export const addAll = (
  { account }: Pick<LiveRig, 'account'>,
  positions: readonly Pick<Registered, 'position' | 'rules'>[],
): Promise<void> => account.changes.addAll(positions, 'bench')

/** `count` equal positions over 500 instruments, each with a stop of its own a hair apart. */
export const spread = (
  count: number,
  positionOf: (index: number) => Position,
): Pick<Registered, 'position' | 'rules'>[] =>
  Array.from({ length: count }, (_, index) => ({
    position: positionOf(index),
    rules: { stopLoss: { price: stopOf(index) } },
  }))

/** Stops of one instrument lie 0.01 apart, so that a tick can cross exactly one of them. */
export const stopOf = (index: number): number => (9_000 + Math.floor(index / 500)) / 100
