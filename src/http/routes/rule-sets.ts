import { z } from 'zod'
import { WatchkeeperError } from '../../errors.ts'
import { inJson, type Route } from '../operation.ts'
import { json } from '../reply.ts'

const ruleSet = z.object({
  name: z.string(),
  rules: z
    .record(z.string(), z.unknown())
    .describe('Options by rule; `priceSource` where it has one.'),
})

/** `/api/rule-sets`: the named rule sets of the positions file, which positions may use by name. */
export const ruleSetRoutes: Route = (on, control) => {
  on(
    {
      method: 'get',
      path: '/api/rule-sets',
      summary: 'The named rule sets of the positions file',
      needs: 'read',
      answers: { 200: inJson('The sets', z.object({ ruleSets: z.array(ruleSet) })) },
    },
    () => json({ ruleSets: [...control.ruleSets].map(([name, rules]) => ({ name, rules })) }),
  )
  on(
    {
      method: 'get',
      path: '/api/rule-sets/:name',
      summary: 'One named rule set',
      needs: 'read',
      answers: { 200: inJson('The set', ruleSet) },
      errors: ['RULE_SET_UNKNOWN'],
    },
    ({ request }) => {
      const name = request.params['name']!
      const rules = control.ruleSets.get(name)
      if (rules !== undefined) return json({ name, rules })
      const known = [...control.ruleSets.keys()].join(', ') || 'none'
      const text = `no rule set ${JSON.stringify(name)}: found ${known}`
      throw new WatchkeeperError('RULE_SET_UNKNOWN', text)
    },
  )
}
