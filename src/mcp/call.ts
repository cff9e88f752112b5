import { z } from 'zod'
import type { WatchkeeperClient } from '../client/watchkeeper-client.ts'
import { WatchkeeperError } from '../errors.ts'
import { argumentFaults } from './faults.ts'
import type { Tool } from './tool.ts'

/** Most characters of an answer: the model reads all of it. */
const LONGEST_ANSWER = 200_000

/** Refusals of what an agent may never do, and what to do then. */
const ADVICE: Readonly<Record<string, string>> = {
  LOOSENS:
    'An agent can only tighten: nothing was changed. If the looser rules are right, ask the person to apply them.',
  ROLE_TOO_LOW: 'The token of this server may not do that: nothing was changed. Ask the person.',
  EXIT_RUNNING: 'Its exit is decided: nothing was changed, and no rule counts any more.',
  EXITS_AT_ONCE: 'The rules would exit the position now: nothing was changed.',
}

/** Fields that would loosen or force, and that no tool has. */
const FORCING = ['force', 'exitNow', 'reopen', 'opensLater']

interface ToolResult {
  readonly content: readonly { readonly type: 'text'; readonly text: string }[]
  readonly structuredContent?: Readonly<Record<string, unknown>>
  readonly isError?: true
  readonly [key: string]: unknown
}

/** Calls a tool. A refusal is a result that says so, so that the model reads it. */
export async function callTool(
  tool: Tool,
  client: WatchkeeperClient,
  args: unknown,
): Promise<ToolResult> {
  try {
    const value = await tool.call(client, args)
    const text = JSON.stringify(value)
    if (text.length <= LONGEST_ANSWER) {
      return { content: [{ type: 'text', text }], structuredContent: value }
    }
    return refusal(`the answer has ${text.length} characters: ask for fewer`)
  } catch (error) {
    if (error instanceof z.ZodError) return refusal(faultsOf(tool, error, args))
    if (error instanceof WatchkeeperError) {
      const { code, message } = error
      const advice = ADVICE[code]
      return refusal(`${code}: ${message}${advice === undefined ? '' : `\n${advice}`}`)
    }
    throw error
  }
}

const refusal = (text: string): ToolResult => ({
  content: [{ type: 'text', text }],
  isError: true,
})

/** What is wrong with the arguments, and what an agent may never ask for. */
function faultsOf({ input }: Tool, error: z.ZodError, args: unknown): string {
  const given = Object.keys(Object(args) as object)
  const forced = given.filter(each => FORCING.includes(each))
  const isRemoval = Object.values(
    Object((args as { rules?: unknown } | null)?.rules) as Record<string, unknown>,
  ).includes(null)
  return [
    ...(forced.length > 0
      ? [`${forced.join(', ')}: an agent can only tighten; no argument changes that.`]
      : []),
    ...(isRemoval
      ? ['rules: null would take a rule away, which loosens; an agent can only tighten.']
      : []),
    ...argumentFaults(error.issues, args, input),
    'Nothing was changed.',
  ].join('\n')
}
