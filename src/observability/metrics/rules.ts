import type { MetricFacts, RuleFacts } from './facts.ts'
import { type MetricFamily } from './family.ts'

/** The rules by their names in the config: whether they are armed, and what they decided. */
export const ruleMetrics: MetricFamily = board => {
  const each = (value: (rule: RuleFacts) => number) => (facts: MetricFacts) =>
    facts.rules.map(rule => [{ rule: rule.name }, value(rule)] as const)
  const labels = ['rule']
  board.gauge(
    {
      labels,
      name: 'watchkeeper_rules',
      help: 'Positions under guard that have the rule.',
    },
    each(({ configured }) => configured),
  )
  board.gauge(
    {
      labels,
      name: 'watchkeeper_rules_armed',
      help: 'Positions under guard that the rule could exit as things stand.',
    },
    each(({ armed }) => armed),
  )
  board.counter(
    {
      labels,
      name: 'watchkeeper_rule_evaluations_total',
      help: 'Evaluations of the rule that were taken over; most ticks need none.',
    },
    each(({ evaluated }) => evaluated),
  )
  board.counter(
    {
      labels,
      name: 'watchkeeper_rule_errors_total',
      help: 'Evaluations in which the rule threw; its last levels stayed in force.',
    },
    each(({ errored }) => errored),
  )
  board.counter(
    {
      labels,
      name: 'watchkeeper_rule_fires_total',
      help: 'Exits that the rule decided, alone or with others.',
    },
    each(({ fired }) => fired),
  )
}
