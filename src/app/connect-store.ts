import type { Account } from '../account/account.ts'
import type { WatchkeeperError } from '../errors.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { OwnedStore } from '../ports/store.ts'
import type { PortfolioDay } from '../risk/portfolio.ts'
import type { StoreRepository } from '../stores/state-repository.ts'

/** The store reports to the account what happens to it, and asks what must be there if it is lost. */
export function connectStore(
  store: OwnedStore,
  given: {
    readonly system: Account
    readonly keeper: StoreRepository<ExitRecord, KillSwitch, PortfolioDay>
    onFatal(error: WatchkeeperError): void
  },
): void {
  const { system, keeper, onFatal } = given
  store.events = {
    fenced: onFatal,
    changed: (kind, detail) => system.note(kind, detail),
    whole: () => keeper.whole(system.whole()),
  }
}
