import { z } from 'zod'
import { channelOptions } from './registry.ts'

/** The section `notify` of the configuration. */
export const notifySchema = z
  .strictObject({
    service: z
      .string()
      .min(1)
      .max(100)
      .default('watchkeeper')
      .describe('Name of this service in messages.'),
    settleMs: z.int().nonnegative().default(5_000).meta({
      unit: 'ms',
      description: 'How long a status must have lasted, in all, before it is sent.',
    }),
    maxSettleMs: z.int().positive().default(900_000).meta({
      unit: 'ms',
      description:
        'Longest time that a better status must last before it is sent where it has come and gone, or the process before ended without order; that many such ends within it are a crash loop.',
    }),
    maxPerHour: z
      .int()
      .positive()
      .default(20)
      .meta({ unit: 'messages', description: 'Most messages of one channel in an hour.' }),
    channels: z
      .array(channelOptions)
      .max(20)
      .default([])
      .describe('Where changes of health are sent.'),
    heartbeat: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }).describe('Address that is called (GET).'),
        everyMs: z
          .int()
          .min(1_000)
          .default(60_000)
          .meta({ unit: 'ms', description: 'Time between two calls.' }),
      })
      .optional()
      .describe('A URL that is called while health is not `fail`, as a dead-man switch.'),
  })
  .prefault({})
  .describe('Where changes of health are sent.')
