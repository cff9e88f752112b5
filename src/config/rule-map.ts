import { z } from 'zod'
import { RULES } from '../risk/rules/registry.ts'

/** Every rule with its options, as a shape; combinations and prices are checked beyond that. */
export const ruleMap = z.object(
  Object.fromEntries(RULES.map(({ name, options }) => [name, options.optional()])),
)
