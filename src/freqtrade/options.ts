import { z } from 'zod'

/** The section `api` of a webhook of freqtrade: where its REST API answers. */
export const freqtradeApiSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'a URL of http or https' })
      .refine(text => !/[@?#]/.test(text), { error: 'a URL without user, query or fragment' })
      .describe('Address of its `api_server`, such as `http://127.0.0.1:8081`.'),
    user: z.string().min(1).max(200).describe('Its `username`.'),
    passwordFile: z
      .string()
      .min(1)
      .describe('Path of a file with its `password`, of mode 0600; read for each call.'),
  })
  .describe(
    'REST API of freqtrade: trades are reloaded after an exit, and entries refused while it keeps a stop of its own on the exchange.',
  )

export type FreqtradeApiOptions = Readonly<z.infer<typeof freqtradeApiSchema>>
