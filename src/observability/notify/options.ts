import { z } from 'zod'
import { channelOptions } from './registry.ts'
import { chatsOf } from './telegram.ts'

const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/

/** Minutes after midnight of a time such as 17:30. */
export function minutesOf(time: string): number {
  const [, hours, minutes] = TIME.exec(time)!
  return Number(hours) * 60 + Number(minutes)
}

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
    maxPerHour: z.int().positive().default(20).meta({
      unit: 'messages',
      description: 'Most messages about health to one channel in an hour.',
    }),
    maxPending: z.int().min(10).max(10_000).default(200).meta({
      unit: 'messages',
      description:
        'Most messages about events that wait for one channel; earlier ones are left out, and counted in the next message.',
    }),
    approachPct: z.number().positive().max(50).optional().meta({
      unit: '%',
      description:
        'A price that has come this close to its stop is an event (`approach`), once until it was half as far again; absent: none is.',
    }),
    summaryAt: z
      .string()
      .regex(TIME, { error: 'a time of day such as 17:30' })
      .optional()
      .describe(
        'Time of day in `display.timezone` at which the day is summed up (event `summary`), `HH:MM`; absent: it is not.',
      ),
    channels: z
      .array(channelOptions)
      .max(20)
      .superRefine((channels, context) => {
        for (const [index, channel] of channels.entries()) {
          if (
            channel.kind === 'telegram' &&
            channel.users.length > 0 &&
            chatsOf(channel).length === 0
          ) {
            const message = 'the ids of the chats in which the bot takes commands'
            context.addIssue({ code: 'custom', path: [index, 'chats'], message })
          }
        }
      })
      .default([])
      .describe('Where events and changes of health are sent.'),
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
  .describe('Where events and changes of health are sent.')
