import { accountsOf } from '../config/accounts.ts'
import { accountParts } from '../domain/account-name.ts'
import { FreqtradeApi } from '../freqtrade/api.ts'
import { FreqtradeLink, keptLink, type KeptLink, type OwnStops } from '../freqtrade/link.ts'
import type { Trouble } from '../observability/checks.ts'
import { KeptRow, rowIn } from '../observability/notify/kept-row.ts'
import type { ServiceParts } from './build.ts'
import type { TrustedOptions } from './options.ts'

interface Placed {
  /** Name of the account; undefined: the only one. */
  readonly account: string | undefined
  readonly link: FreqtradeLink
}

/** The bots of freqtrade whose API the configuration has. */
export class FreqtradeLinks {
  private readonly all: readonly Placed[]

  /** Reads what an earlier process has left; a new one begins with the next line of the journal. */
  static async open(
    { config, clock }: Pick<TrustedOptions, 'config' | 'clock'>,
    { store, rows, own }: Pick<ServiceParts, 'store' | 'rows' | 'own'>,
  ): Promise<FreqtradeLinks> {
    const { areNamed, all: plans } = accountsOf(config)
    const found: Placed[] = []
    for (const { name, api, account } of config.http.hooks) {
      if (api === undefined) continue
      const row = `freqtrade ${name}`
      const past = keptLink.safeParse(await rowIn(store, row)).data
      const [last] = await store.journal({ after: 0, limit: 1, last: 1 })
      const end = last?.seq ?? 0
      // A journal that ends before the place has lost lines.
      const begin = past === undefined || past.cursor > end ? { cursor: end, trades: [] } : past
      const kept = new KeptRow<KeptLink>(store, row, begin)
      await kept.keep({})
      const named = account === undefined ? plans[0]!.name : accountParts(account).name
      found.push({
        account: areNamed ? named : undefined,
        link: new FreqtradeLink({
          hook: name,
          account: areNamed ? named : undefined,
          api: new FreqtradeApi(api),
          kept,
          journal: query => rows.journal(query),
          note: (kind, detail) => own.note(kind, detail),
          monotonic: () => clock.monotonic(),
        }),
      })
    }
    return new FreqtradeLinks(found)
  }

  private constructor(all: readonly Placed[]) {
    this.all = all
  }

  cycle(): void {
    for (const { link } of this.all) link.cycle()
  }

  /** Whether the bot of a hook keeps stops on the exchange; undefined: the configuration has no API of it. */
  ownStopsOf(hook: string): OwnStops | undefined {
    return this.all.find(({ link }) => link.hook === hook)?.link.ownStops
  }

  /** For the health of an account; undefined where it has no bot. */
  troublesOf(account: string): readonly Trouble[] | undefined {
    const own = this.all.filter(each => each.account === undefined || each.account === account)
    return own.length === 0 ? undefined : own.flatMap(({ link }) => link.troubles())
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map(({ link }) => link.stop()))
  }
}
