import { z } from 'zod'
import type { WatchkeeperClient } from '../client/watchkeeper-client.ts'
import { closestName } from '../domain/closest-name.ts'
import { EXIT_REASONS } from '../domain/reason.ts'
import { WatchkeeperError } from '../errors.ts'
import { ERROR_CODES, errorRow } from '../errors/codes.ts'
import { tool, type Tool } from './tool.ts'

const id = z.string().min(1).max(200).describe('Id of the position.')
const account = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('Name of the account, where the service guards several: `health` lists them.')
const limit = (most: number) => z.int().min(1).max(most).default(20)

const rules = z
  .record(z.string(), z.union([z.looseObject({}), z.array(z.looseObject({}))]))
  .describe(
    'Options by rule; rules that are not named stay. Examples: {"stopLoss":{"price":91000}}, ' +
      '{"stopLoss":{"pct":2}}, {"trailingStop":{"distancePct":1,"activateAtPct":0}}, ' +
      '{"takeProfit":{"pct":4}}, {"maxHold":{"ms":3600000}}.',
  )

/** Most positions of one answer. */
const MOST_POSITIONS = 200

/** The client of the account that a call names; without a name, the one of the server. */
const at = (client: WatchkeeperClient, name: string | undefined): WatchkeeperClient =>
  name === undefined ? client : client.ofAccount(name)

/** The kill switch; of several accounts, each account with its own. */
async function killSwitchOf(client: WatchkeeperClient): Promise<Readonly<Record<string, unknown>>> {
  try {
    return { killSwitch: await client.killSwitch() }
  } catch (error) {
    if (!(error instanceof WatchkeeperError) || error.code !== 'ACCOUNT_REQUIRED') throw error
    return { accounts: await client.accounts() }
  }
}

const READS: readonly Tool[] = [
  tool({
    name: 'health',
    title: 'Health of the guard',
    description:
      'Whether the service guards every position, why not, and what is odd: status pass, warn or fail with reasons; the kill switch; how many positions are guarded; its accounts, where there are several.',
    effect: 'read',
    input: z.strictObject({ account }),
    run: async (client, args) => {
      const own = at(client, args.account)
      const { status, version, output, checks } = await own.health()
      const switches = await killSwitchOf(own)
      const counted = ['guarded', 'exiting', 'unguarded'].map(
        each => [each, checks[`positions:${each}`]?.[0]?.observedValue ?? null] as const,
      )
      return { status, version, output, ...switches, positions: Object.fromEntries(counted) }
    },
  }),
  tool({
    name: 'positions',
    title: 'Open positions',
    description: `Open positions with state, last price and its age, best price, stop, target and rules, in the order of ids; at most ${MOST_POSITIONS}. A null is unknown, not zero.`,
    effect: 'read',
    input: z.strictObject({
      instrument: z.string().optional(),
      account,
      side: z.enum(['long', 'short']).optional(),
      guard: z.enum(['guarded', 'exiting', 'observed', 'unguarded']).optional(),
    }),
    run: async (client, { account: named, ...filter }) => {
      const chosen = Object.fromEntries(
        Object.entries(filter).filter(([, value]) => value !== undefined),
      )
      const found = await at(client, named).positions(chosen)
      return { positions: found.slice(0, MOST_POSITIONS), total: found.length }
    },
  }),
  tool({
    name: 'why',
    title: 'What each rule would do',
    description:
      'For one position: each rule with its level, the distance to it, whether it is armed and why not; and how far its exit has come.',
    effect: 'read',
    input: z.strictObject({ id, account }),
    run: async (client, args) => ({ ...(await at(client, args.account).why(args.id)) }),
  }),
  tool({
    name: 'exits',
    title: 'Completed exits',
    description:
      'Exits that are over, the last one first: reason, level, price, profit. A null price or profit is unknown.',
    effect: 'read',
    input: z.strictObject({
      positionId: id.optional(),
      reason: z.enum(EXIT_REASONS).optional(),
      account,
      limit: limit(100),
    }),
    run: async (client, { limit: most, positionId, reason, ...args }) => ({
      ...(await at(client, args.account).exits({
        limit: most,
        ...(positionId !== undefined && { positionId }),
        ...(reason !== undefined && { reason }),
      })),
    }),
  }),
  tool({
    name: 'journal',
    title: 'What happened',
    description:
      'The last lines of the journal, the oldest of them first; of one position, or all.',
    effect: 'read',
    input: z.strictObject({ positionId: id.optional(), account, last: limit(200) }),
    run: async (client, { last, positionId, ...args }) => ({
      lines: await at(client, args.account).journal({
        last,
        ...(positionId !== undefined && { positionId }),
      }),
    }),
  }),
  tool({
    name: 'explain',
    title: 'What an error code means',
    description: 'What a code of an error, such as LOOSENS, means.',
    effect: 'read',
    input: z.strictObject({ code: z.string().max(60) }),
    run: (_client, { code }) => {
      const row = errorRow(code)
      if (row === undefined) {
        const meant = closestName(code, Object.keys(ERROR_CODES))
        const hint = meant === undefined ? ', such as LOOSENS' : `: did you mean ${meant}?`
        const text = `code: found ${JSON.stringify(code)}, expected the code of an error${hint}`
        throw new WatchkeeperError('BAD_INPUT', text)
      }
      return Promise.resolve({ code, ...row })
    },
  }),
]

const CHANGES: readonly Tool[] = [
  tool({
    name: 'preview',
    title: 'What other rules would do',
    description: 'What `tighten` with the same arguments would change; changes nothing.',
    effect: 'read',
    input: z.strictObject({ id, rules, account }),
    run: async (client, args) => ({
      ...(await at(client, args.account).preview(args.id, args.rules)),
    }),
  }),
  tool({
    name: 'tighten',
    title: 'Tighten the rules of a position',
    description:
      'Gives a position rules that can only exit it earlier than now. A change that loosens anything is refused as a whole; so is one that would exit at once. A rule cannot be taken away.',
    effect: 'adds',
    input: z.strictObject({ id, rules, account }),
    run: async (client, args) => ({
      ...(await at(client, args.account).changeRules(args.id, args.rules)),
    }),
  }),
  tool({
    name: 'protect',
    title: 'Guard a position',
    description:
      'Takes a position that the account holds under guard. The same content again changes nothing. It cannot be taken away again by this server.',
    effect: 'adds',
    input: z.strictObject({
      id,
      instrument: z.string().min(1),
      side: z.enum(['long', 'short']),
      quantity: z.number().positive().describe('Units held, above 0 whatever the side.'),
      entryPrice: z.number().positive(),
      rules: z
        .union([rules, z.string()])
        .optional()
        .describe('Options by rule, or the name of a rule set; default: the set named `default`.'),
      account,
      openedAt: z.union([z.int(), z.string()]).optional().describe('Epoch ms, or ISO 8601.'),
    }),
    run: async (client, { account: named, openedAt, rules: given, ...position }) => ({
      ...(await client.guard({
        ...position,
        ...(named !== undefined && { account: named }),
        ...(openedAt !== undefined && { openedAt }),
        ...(given !== undefined && { rules: given }),
      })),
    }),
  }),
]

const EXIT = tool({
  name: 'exit',
  title: 'Exit a position now',
  description: 'Exits a position at market, once. It cannot be undone.',
  effect: 'ends',
  input: z.strictObject({ id, account }),
  run: async (client, args) => ({ ...(await at(client, args.account).exit(args.id)) }),
})

/** The tools; `exit` only where it is allowed. No tool loosens, releases, or moves the kill switch. */
export const toolsOf = ({ allowExit }: { readonly allowExit: boolean }): readonly Tool[] => [
  ...READS,
  ...CHANGES,
  ...(allowExit ? [EXIT] : []),
]
