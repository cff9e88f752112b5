import { z } from 'zod'
import { ruleMap } from '../../config/rule-map.ts'
import { LARGEST, SMALLEST } from '../../domain/bounds.ts'

const name = z.string().min(1).max(200)
const measure = z.number().min(SMALLEST).max(LARGEST)
const flag = (description: string) => z.boolean().optional().describe(description)

const exitNow = flag('Although a rule would exit the position at once.')

/** Body of `POST /api/positions`; the fields of a positions file. */
export const addBody = z.object({
  id: name,
  instrument: name,
  side: z.enum(['long', 'short']),
  quantity: measure,
  entryPrice: measure,
  openedAt: z
    .union([z.int(), z.iso.datetime({ offset: true })])
    .optional()
    .describe('Epoch ms, or ISO 8601 with a zone; default now.'),
  rules: z
    .union([name, ruleMap])
    .optional()
    .describe('Rules, or the name of a rule set; default the set named `default`.'),
  account: name.optional(),
  ticket: name.optional(),
  product: name.optional(),
  underlying: name.optional(),
  multiplier: measure
    .optional()
    .describe('Money per price point and unit; default of the instrument, or 1.'),
  priceSource: z.enum(['trade', 'quote']).optional(),
  contract: z.enum(['linear', 'inverse']).optional(),
  exitNow,
  opensLater: flag('Its `openedAt` lies ahead of the clock on purpose.'),
  reopen: flag('Its id may be that of a position which is over.'),
})

const changedRules = z
  .union([name, z.record(z.string(), z.unknown().nullable())])
  .describe('Options by rule, null takes a rule away; or the name of a rule set that replaces all.')

/** Body of `PATCH /api/positions/:id`: either `rules`, or `quantity` and `entryPrice`. */
export const changeBody = z.object({
  rules: changedRules.optional(),
  quantity: measure.optional().describe('Units that are held now; with it no `rules`.'),
  entryPrice: measure.optional().describe('Average price of one unit; with it no `rules`.'),
  force: flag('Although the new rules loosen.'),
  exitNow,
})

/** Body of `POST /api/positions/:id/rules/preview`. */
export const previewBody = z.object({ rules: changedRules, exitNow })
