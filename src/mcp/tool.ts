import { z } from 'zod'
import type { WatchkeeperClient } from '../client/watchkeeper-client.ts'

/** One tool of the server. */
export interface Tool {
  readonly name: string
  readonly title: string
  /** For the model: what it does, and what it cannot do. */
  readonly description: string
  readonly annotations: {
    readonly readOnlyHint: boolean
    readonly destructiveHint?: boolean
    readonly idempotentHint?: boolean
    readonly openWorldHint: false
  }
  readonly input: z.ZodType
  /** Validates the arguments and asks the service. Throws WatchkeeperError. */
  call(client: WatchkeeperClient, args: unknown): Promise<Readonly<Record<string, unknown>>>
}

/** A tool whose arguments have a shape. */
export const tool = <Shape extends z.ZodType>(made: {
  readonly name: string
  readonly title: string
  readonly description: string
  /** `read`: changes nothing; `adds`: takes nothing away; `ends`: ends a position. */
  readonly effect: 'read' | 'adds' | 'ends'
  readonly input: Shape
  readonly run: (
    client: WatchkeeperClient,
    args: z.infer<Shape>,
  ) => Promise<Readonly<Record<string, unknown>>>
}): Tool => ({
  name: made.name,
  title: made.title,
  description: made.description,
  annotations: {
    readOnlyHint: made.effect === 'read',
    ...(made.effect !== 'read' && {
      destructiveHint: made.effect === 'ends',
      idempotentHint: true,
    }),
    openWorldHint: false,
  },
  input: made.input,
  call: (client, args) => made.run(client, made.input.parse(args)),
})

/** As a client of the protocol has it. */
export const listedTool = ({ name, title, description, annotations, input }: Tool) => ({
  name,
  title,
  description,
  inputSchema: z.toJSONSchema(input, { io: 'input' }),
  annotations,
})
