import { z } from 'zod'
import type { InstrumentId, PositionId } from '../../domain/ids.ts'
import { EXIT_REASONS } from '../../domain/reason.ts'
import { maybe, brandedName, time, word, type Answer } from './answer.ts'

/** Whose a working order is. `second-guard`: in our format, and this store did not send it. */
export const ORDER_OWNERS = ['ours', 'others', 'second-guard'] as const

/** What holds an exit back beside the confirmation. */
export const EXIT_HOLDS = ['kill-switch', 'observe-mode', 'second-guard'] as const

const holdingView = z.object({
  account: z.string().optional(),
  instrument: brandedName<InstrumentId>(),
  side: word(['long', 'short']).optional().describe('Where the venue holds both sides.'),
  ticket: z.string().optional().describe('Where each position is a ticket of its own.'),
  held: maybe.describe('Units at the venue, below 0 for a short; null: unknown.'),
  ageMs: maybe.describe('Age of `held`, ms; null where it is unknown.'),
  owned: z.number().describe('Units of the open positions in it, below 0 for shorts.'),
  difference: maybe.describe('`held` less `owned`: what no position covers, or what is missing.'),
  underWay: z
    .number()
    .describe(
      'Units that working orders of exits may take from it, above 0: they explain as much.',
    ),
  positions: z.array(z.object({ id: brandedName<PositionId>(), quantity: z.number() })),
})

export interface HoldingView extends Answer<typeof holdingView> {}

const orderView = z.object({
  clientOrderId: z.string().nullable(),
  instrument: brandedName<InstrumentId>(),
  remaining: z.number().describe('Units not executed yet, below 0 for a sale.'),
  owner: word(ORDER_OWNERS),
})

const waitingExit = z.object({
  id: brandedName<PositionId>(),
  instrument: brandedName<InstrumentId>(),
  action: word(['sell', 'buy']),
  quantity: z.number().describe('Units that are not executed yet.'),
  reason: word(EXIT_REASONS),
  heldBy: z
    .array(word(EXIT_HOLDS))
    .describe('What holds it back beside the confirmation; empty: it leaves at once.'),
})

/** `GET /api/holdings`: what the venue holds against what the positions say. */
export const holdingsView = z.object({
  at: time.describe('When the list of holdings was asked for, epoch ms.'),
  isUnconfirmed: z
    .boolean()
    .describe('No order leaves before a person confirms that the account holds what it should.'),
  isListed: z.boolean().describe('Whether the venue has listed its holdings at all.'),
  failure: z.string().optional().describe('Why a newer list could not be had.'),
  holdings: z.array(holdingView).describe('Those with a difference first.'),
  orders: z
    .array(orderView)
    .nullable()
    .describe(
      'Working orders of the account; null: the venue does not list them, or did not answer.',
    ),
  exits: z.array(waitingExit).describe('Exits that are decided, and whose order has not left.'),
})

export interface HoldingsView extends Answer<typeof holdingsView> {}
