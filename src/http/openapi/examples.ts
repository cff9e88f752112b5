/** What each part of an address is. */
export const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  id: 'Id of the position or of the actor; encode a slash in it as `%2F`.',
  name: 'Name of the rule set or of the limit, as in the configuration.',
  secret: 'Secret of the hook.',
  group: 'Group of calls: `orders`, `account` or `quotes`.',
  act: '`reset`, `force-open`, `disable` or `metrics-only`.',
  file: 'Name of the file, as in the page.',
}

/** A valid body of each operation that takes one, by method and path of the operations without an account. */
export const BODIES: Readonly<Record<string, unknown>> = {
  'post /api/positions': {
    id: 'btc-1',
    instrument: 'BTCUSD',
    side: 'long',
    quantity: 0.2,
    entryPrice: 92_400,
    rules: { stopLoss: { pct: 2 }, trailingStop: { distancePct: 1, activateAtPct: 0.5 } },
  },
  'patch /api/positions/:id': { rules: { stopLoss: { pct: 1.5 }, takeProfit: null } },
  'post /api/positions/:id/rules/preview': { rules: { stopLoss: { pct: 1.5 } } },
  'post /api/kill-switch': { state: 'block' },
  'post /api/portfolio/realised': { amount: -120.5, currency: 'USD' },
  'post /api/log-levels': { component: 'exits', level: 'debug' },
}
