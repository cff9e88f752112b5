import type { Engine } from '../engine/engine.ts'
import { InputError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { RulesRequest } from '../ports/control/positions.ts'
import type { Registered } from '../ports/state-repository.ts'
import { refuseImmediateExit } from '../risk/at-once.ts'
import {
  levelsAt,
  refuseLooser,
  ruleChanges,
  type LevelPair,
  type RuleChange,
} from '../risk/rule-change.ts'
import { standing } from '../risk/standing.ts'
import { beginningOf } from './beginning.ts'
import { changeablePosition, type ChangeableDeps } from './changeable.ts'
import { ruleSetOf } from './stored-rules.ts'

export interface JudgementDeps extends ChangeableDeps {
  readonly engine: Pick<Engine<unknown>, 'registry' | 'sink'>
  readonly clock: Pick<Clock, 'now'>
}

/**
 * The effect of a change of rules on each rule of an open position.
 *
 * @throws WatchkeeperError LOOSENS where a rule loosens without `force`, EXITS_AT_ONCE where the new rules would
 * exit at once without `exitNow`, EXIT_RUNNING where the position is being exited, ACTOR_DOWN where it has no
 * monitor.
 */
export function judgeChange(
  deps: JudgementDeps,
  present: Registered,
  changed: Registered,
  request: RulesRequest,
): RuleChange[] {
  const { engine, clock } = deps
  const { force, exitNow } = request
  if (present.entry?.kind === 'refused') return judgeEntry(deps, changed, present, request)
  const watched = changeablePosition(deps, present)
  const { position } = watched
  const at = clock.now()
  const ratchet = watched.ratchet()
  const [before, after] = [ruleSetOf(present), ruleSetOf(changed)]
  const changes = ruleChanges(before, after, { position, at, ...ratchet })
  if (changes.length === 0) return changes
  const next = levelsAt(position, after, { best: ratchet.best, at })
  if (!force) refuseLooser(position, changes, { present: standing(watched, at), next })
  if (!exitNow) {
    refuseImmediateExit(position, after, {
      ...beginningOf(engine.sink.board, position, at),
      ...ratchet,
    })
  }
  return changes
}

/** The effect of a change of rules, and the levels that the position would have then. */
export interface RulesPreviewed {
  readonly changes: readonly RuleChange[]
  readonly next: LevelPair
}

/**
 * The effect that a change would have, also where it loosens; changes nothing.
 *
 * @throws WatchkeeperError EXITS_AT_ONCE, EXIT_RUNNING and ACTOR_DOWN, as the change itself.
 */
export function previewChange(
  deps: JudgementDeps,
  present: Registered,
  request: RulesRequest,
): RulesPreviewed {
  const { engine, clock } = deps
  const changed: Registered = { ...present, rules: mergedRules(present, request) }
  const changes = judgeChange(deps, present, changed, { ...request, force: true })
  const watched = engine.registry.get(present.position.id)?.watched
  if (watched === undefined) return { changes, next: { stop: null, target: null } }
  const asked = { best: watched.ratchet().best, at: clock.now() }
  return { changes, next: levelsAt(watched.position, ruleSetOf(changed), asked) }
}

/** Judges new rules for a position that its first price has refused. */
function judgeEntry(
  { engine, clock }: JudgementDeps,
  changed: Registered,
  present: Registered,
  { force, exitNow }: RulesRequest,
): RuleChange[] {
  const { position } = present
  const beginning = beginningOf(engine.sink.board, position, clock.now())
  const [before, after] = [ruleSetOf(present), ruleSetOf(changed)]
  const changes = ruleChanges(before, after, { position, ...beginning })
  const none = { stop: null, target: null }
  if (!force) refuseLooser(position, changes, { present: none, next: none })
  if (!exitNow) refuseImmediateExit(position, after, beginning)
  return changes
}

/** The rules of a position after a change, rule by rule; null removes a rule. */
export function mergedRules(
  { position, rules: present }: Pick<Registered, 'position' | 'rules'>,
  { rules: given, isWhole = false }: Pick<RulesRequest, 'rules' | 'isWhole'>,
): Registered['rules'] {
  if (isWhole) return given
  const rules: Record<string, unknown> = { ...present, ...given }
  for (const [name, options] of Object.entries(given)) {
    if (options !== null) continue
    if (!Object.hasOwn(present, name)) {
      const names = Object.keys(present).join(', ') || 'none'
      const expected = `null for a rule that ${position.id} has (${names})`
      throw new InputError('the rules', [{ path: `rules.${name}`, found: 'null', expected }])
    }
    delete rules[name]
  }
  return rules
}
