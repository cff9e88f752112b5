import { isIP } from 'node:net'
import { z } from 'zod'
import { freqtradeApiSchema } from '../freqtrade/options.ts'

const name = z.string().min(1).max(200)

/** Programs whose webhooks are understood. */
export const HOOK_KINDS = ['freqtrade', 'tradingview'] as const

/** The section `http.hooks`: webhooks of programs that can set no header. */
export const hooksSchema = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[\w.-]{1,60}$/, { error: 'a name of letters, digits, _ . -' })
        .describe('Its name in the journal, and the start of the ids of its positions.'),
      kind: z.enum(HOOK_KINDS).describe('The program that sends: its messages are read strictly.'),
      secretFile: z
        .string()
        .min(1)
        .describe(
          'Path of a file that has the secret of its path alone, at least 16 characters; read again once a second, without the file the hook is closed.',
        ),
      rules: name
        .optional()
        .describe('Rule set of the positions that it adds; default the set named `default`.'),
      account: name
        .optional()
        .describe(
          'Account of its positions; with it the hook reaches no position of another one. Required for freqtrade where there are several.',
        ),
      instruments: z
        .record(name, name)
        .default({})
        .describe('Names of instruments here, by the names that the program uses; others stay.'),
      mayExit: z.boolean().default(false).describe('`true`: an alert may exit a position.'),
      from: z
        .array(z.string().refine(text => isIP(text) !== 0, { error: 'an IP address' }))
        .max(100)
        .default([])
        .describe('Addresses that it may be called from; none: any.'),
      api: freqtradeApiSchema.optional(),
    }),
  )
  .max(20)
  .superRefine((hooks, context) => {
    hooks.forEach(({ kind, api }, index) => {
      if (api === undefined || kind === 'freqtrade') return
      context.addIssue({ code: 'custom', path: [index, 'api'], message: 'none, but of freqtrade' })
    })
    hooks.forEach(({ name: own }, index) => {
      if (hooks.findIndex(each => each.name === own) === index) return
      const message = 'a name that no other hook has'
      context.addIssue({ code: 'custom', path: [index, 'name'], message })
    })
  })
  .default([])
  .describe('Webhooks of programs that open positions, at `/hooks/<kind>/<secret>`.')

export type HookConfig = Readonly<z.infer<typeof hooksSchema>[number]>
