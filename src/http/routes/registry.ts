import type { Route } from '../operation.ts'
import { accountRoutes } from './accounts.ts'
import { clockRoutes } from './clock.ts'
import { debugRoutes } from './debug.ts'
import { eventRoutes } from './events.ts'
import { exitRoutes } from './exits.ts'
import { gatewayRoutes } from './gateway.ts'
import { healthRoutes } from './health.ts'
import { holdingRoutes } from './holdings.ts'
import { hookRoutes } from './hooks.ts'
import { journalRoutes } from './journal.ts'
import { killSwitchRoutes } from './kill-switch.ts'
import { logLevelRoutes } from './log-levels.ts'
import { metricRoutes } from './metrics.ts'
import { openApiRoutes } from './openapi.ts'
import { pageRoutes } from './page.ts'
import { performanceRoutes } from './performance.ts'
import { portfolioRoutes } from './portfolio.ts'
import { positionRoutes } from './positions.ts'
import { ruleSetRoutes } from './rule-sets.ts'
import { storeRoutes } from './store.ts'
import { supervisionRoutes } from './supervision.ts'
import { viewRoutes } from './view.ts'

/** Every group of operations. */
export const ROUTES: readonly Route[] = [
  healthRoutes,
  accountRoutes,
  positionRoutes,
  ruleSetRoutes,
  hookRoutes,
  exitRoutes,
  killSwitchRoutes,
  journalRoutes,
  eventRoutes,
  portfolioRoutes,
  metricRoutes,
  performanceRoutes,
  logLevelRoutes,
  supervisionRoutes,
  gatewayRoutes,
  holdingRoutes,
  clockRoutes,
  debugRoutes,
  storeRoutes,
  viewRoutes,
  openApiRoutes,
  pageRoutes,
]

/** The operations of one account below `/api/accounts/<name>/`. */
export const ACCOUNT_ROUTES: readonly Route[] = [
  positionRoutes,
  exitRoutes,
  killSwitchRoutes,
  journalRoutes,
  eventRoutes,
  portfolioRoutes,
  supervisionRoutes,
  gatewayRoutes,
  holdingRoutes,
]

/** The operations of every account at once, below `/api/accounts/all/`. */
export const ALL_ROUTES: readonly Route[] = [killSwitchRoutes]
