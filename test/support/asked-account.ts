import { NO_LIMITS } from '../../src/account/portfolio.ts'
import { httpSchema } from '../../src/config/http-schema.ts'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import { asJson, happened } from './as-json.ts'
import { Folder } from './cli.ts'
import { ask, type Answer } from './http.ts'
import { ServedAccount } from './served-account.ts'

/** The token of a person, and the secrets of the hooks. */
export const OPERATE = 'the token of a person'
export const HOOKS = { freqtrade: 'the-secret-of-freqtrade', tradingview: 'the-secret-of-charts' }

/** A request that changes something. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

/** An answer, and all that a request may change. */
export interface Seen {
  readonly answer: Pick<Answer, 'status' | 'json'>
  readonly kept: unknown
}

/** The position `p1`, which every account guards at first. */
export const P1 = {
  id: 'p1',
  instrument: 'ACME',
  side: 'long',
  quantity: 2,
  entryPrice: 100,
  rules: { stopLoss: { pct: 5 } },
}

/** An account behind a server, which guards `p1` at a price of 100. */
export class AskedAccount {
  private readonly folder = new Folder()
  private readonly served = new ServedAccount()
  private server: HttpServer | undefined

  async open(): Promise<this> {
    this.served.now = Date.parse('2026-11-28T12:00:00Z')
    const limits = [{ name: 'all', maxLoss: 1_000, warnAtPct: 80 }]
    await this.served.open({ portfolio: { ...NO_LIMITS, limits } })
    const hooks = Object.entries(HOOKS).map(([kind, secret]) => ({
      name: kind,
      kind,
      secretFile: this.folder.file(kind, secret),
      ...(kind === 'freqtrade' && { rules: 'tight' }),
      mayExit: true,
    }))
    const config = httpSchema.parse({ port: 0, token: OPERATE, hooks })
    this.server = await serveHttp({ control: this.served.control(), config })
    await this.ask({ method: 'POST', path: '/api/positions', body: P1 })
    await this.tick(100)
    return this
  }

  async close(): Promise<void> {
    await this.server?.close()
    await this.served.account.stop()
    this.folder.remove()
  }

  /** A price of ACME. */
  tick(price: number): Promise<void> {
    return this.served.tick(price)
  }

  async ask({ method, path, body }: Asked): Promise<Seen['answer']> {
    const headers = { authorization: `Bearer ${OPERATE}` }
    const { status, json } = await ask(this.server!.port, path, { method, body, headers })
    return { status, json }
  }

  /** The answer to a request, and what is kept after it. */
  async seen(asked: Asked): Promise<Seen> {
    const answer = await this.ask(asked)
    await this.served.account.settled()
    return { answer, kept: this.kept() }
  }

  /** The positions, the journal, the kill switch, the log levels, and the orders of the broker. */
  kept(): unknown {
    const { account, keeper, venue } = this.served
    const control = this.served.control()
    const all = {
      positions: control.positions(),
      journal: happened(keeper.lines),
      killSwitch: account.state.killSwitch,
      levels: control.logLevels(),
      orders: venue.placed,
    }
    return asJson(all)
  }
}
