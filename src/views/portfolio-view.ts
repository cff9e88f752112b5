import type { Account } from '../account/account.ts'
import type { PortfolioView, RealisedReport } from '../ports/control/portfolio.ts'

/** The portfolio for the API: start and end of the day, sums and limits. */
export async function portfolioView(account: Account): Promise<PortfolioView> {
  const { day, until, standings } = await account.portfolio.standing()
  return {
    day: { from: day.from, until },
    realised: day.realised as readonly RealisedReport[],
    limits: standings.map(({ limit, realised, unrealised, loss, trip }) => ({
      name: limit.name,
      maxLoss: limit.maxLoss,
      warnAtPct: limit.warnAtPct,
      account: limit.account ?? null,
      underlying: limit.underlying ?? null,
      currency: limit.currency ?? null,
      realised,
      unrealised,
      loss,
      trippedAt: trip?.at ?? null,
    })),
  }
}
