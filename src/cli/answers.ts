import { z } from 'zod'
import type {
  AddedView,
  ChangedView,
  ClockView,
  HealthCheck,
  HealthStatus,
  JournalLine,
  KillSwitchView,
  PortfolioView,
  PositionView,
  WhyView,
} from '../ports/control.ts'
import type { ActorView } from '../ports/supervision.ts'
import type { TradeView } from '../ports/trades.ts'
import { level, shape } from './shape.ts'

/** The body of `/health`. */
export interface Health {
  readonly status: HealthStatus
  readonly version: string
  readonly output: readonly string[]
  readonly checks: Readonly<Record<string, readonly HealthCheck[]>>
}

const status = z.enum(['pass', 'warn', 'fail'])

const position = z.looseObject({
  id: z.string(),
  state: z.string(),
  instrument: z.string(),
  side: z.string(),
  quantity: z.number(),
  entryPrice: z.number(),
  best: z.number(),
  stop: level,
  target: level,
  lastPrice: level,
  priceAgeMs: level,
  rules: z.looseObject({}),
  tickSize: z.number().optional(),
  reason: z.string().optional(),
})

const ruleLine = z.looseObject({
  rule: z.string(),
  armed: z.boolean(),
  level: z.number().optional(),
  distance: level.optional(),
  inputAgeMs: level.optional(),
  exitAt: z.number().optional(),
})

const line = z.looseObject({
  seq: z.number(),
  at: z.number(),
  kind: z.string(),
  positionId: z.string().optional(),
})

const trade = z.looseObject({
  seq: z.number(),
  positionId: z.string(),
  instrument: z.string(),
  side: z.string(),
  openedAt: z.number(),
  closedAt: z.number(),
  quantity: z.number(),
  entryPrice: z.number(),
  price: level,
  profit: level,
  profitPct: level,
  level,
  end: z.string(),
  reason: z.string().nullable(),
  matched: z.array(z.string()),
})

const sum = z.looseObject({
  amount: z.number(),
  account: z.string().optional(),
  underlying: z.string().optional(),
  currency: z.string().optional(),
})

const limit = z.looseObject({
  name: z.string(),
  maxLoss: z.number(),
  loss: z.number(),
  realised: z.number(),
  unrealised: z.number(),
  trippedAt: level,
})

const actor = z.looseObject({
  id: z.string(),
  kind: z.string(),
  epoch: z.number(),
  alive: z.boolean(),
  queued: z.number(),
  restarts: z.number(),
  restartsInWindow: z.number(),
  busySince: level,
  nextRestartAt: level,
  quarantined: z.boolean(),
  lastError: z.string().nullable(),
})

/** `GET /health`. */
export const healthShape = shape<Health>(
  z.looseObject({
    status,
    version: z.string(),
    output: z.array(z.string()),
    checks: z.record(z.string(), z.array(z.looseObject({ status }))),
  }),
)

/** One position. */
export const positionShape = shape<PositionView>(position)

const warnings = z.array(z.string()).optional()

/** What an older service does not say. */
export type PositionAdded = PositionView & Partial<Pick<AddedView, 'warnings'>>
type PositionChanged = PositionView & Partial<Pick<ChangedView, 'warnings' | 'changes'>>

/** `POST /api/positions`. */
export const addedShape = shape<PositionAdded>(position.extend({ warnings }))

/** `PATCH /api/positions/:id`. */
export const changedShape = shape<PositionChanged>(
  position.extend({
    warnings,
    changes: z
      .array(
        z.looseObject({
          rule: z.string(),
          change: z.string(),
          loosens: z.string().optional(),
        }),
      )
      .optional(),
  }),
)

/** `GET /api/positions`. */
export const positionsShape = shape<readonly PositionView[]>(z.array(position))

/** `GET /api/positions/:id/why`. */
export const whyShape = shape<WhyView>(
  z.looseObject({
    position,
    rules: z.array(ruleLine),
    exit: z
      .looseObject({
        state: z.string(),
        attempt: z.number(),
        clientOrderId: z.string(),
        quantity: z.number(),
        executed: z.number(),
        rejections: z.number(),
        steps: z.array(z.looseObject({ at: z.number(), attempt: z.number(), what: z.string() })),
      })
      .optional(),
  }),
)

/** `/api/kill-switch`. */
export const killSwitchShape = shape<KillSwitchView>(
  z.looseObject({
    state: z.enum(['off', 'block', 'flatten', 'halt']),
    since: level,
    by: z.looseObject({ who: z.string(), from: z.string() }).nullable(),
    held: z.array(z.string()),
  }),
)

/** One journal line, as an event has it. */
export const lineShape = shape<JournalLine>(line)

/** `GET /api/journal`. */
export const linesShape = shape<readonly JournalLine[]>(z.array(line))

/** `GET /api/exits`. */
export const exitsShape = shape<{
  readonly exits: readonly TradeView[]
  readonly next: number | null
}>(z.looseObject({ exits: z.array(trade), next: level }))

/** `/api/clock`. */
export const clockShape = shape<ClockView>(
  z.looseObject({
    now: z.number(),
    machine: z.number(),
    jumps: z.number(),
    pending: z
      .looseObject({ movedMs: z.number(), forMs: z.number(), needsPerson: z.boolean() })
      .nullable(),
  }),
)

/** `/api/portfolio`. */
export const portfolioShape = shape<PortfolioView>(
  z.looseObject({
    day: z.looseObject({ from: z.number(), until: z.number() }),
    realised: z.array(sum),
    limits: z.array(limit),
  }),
)

/** One actor. */
export const actorShape = shape<ActorView>(actor)

/** `GET /api/supervision`. */
export const actorsShape = shape<readonly ActorView[]>(z.array(actor))

export const confirmedShape = shape<{ readonly confirmed: true }>(
  z.looseObject({ confirmed: z.literal(true) }),
)
