import { z } from 'zod'
import { brokerSchema } from './broker-schema.ts'
import { feedSchema } from './feed-schema.ts'
import { exitsSchema, gatewaySchema, holdingsSchema } from './gateway-schema.ts'
import { massExitSchema, modeSchema } from './mode-schema.ts'
import { portfolioSchema } from './portfolio-schema.ts'

/** The name of the account that the sections at the top of a configuration describe. */
export const MAIN = 'main'
/** Stands for every account in requests; no account has it as its name. */
export const ALL_ACCOUNTS = 'all'

export const NAME = /^[a-z][a-z0-9-]{0,39}$/
export const NAME_EXPECTED = 'at most 40 of a-z, 0-9 and -, the first of them a letter'

/** Most accounts of one process, and most feeds. */
const MOST_ACCOUNTS = 500
const MOST_FEEDS = 50

/** A name of an account or a feed: it stands in addresses, variables and keys of the store. */
const name = z.string().regex(NAME, { error: NAME_EXPECTED })

const accountName = name.refine(given => given !== ALL_ACCOUNTS, {
  error: `another name: ${ALL_ACCOUNTS} stands for every account`,
})

/** One account: its broker, its feed, and the sections in which it differs from the top. */
export const accountSchema = z
  .strictObject({
    broker: brokerSchema.unwrap().meta({
      sameAs: 'broker',
      description: 'The broker of the account; fields as in `broker`.',
    }),
    feed: name
      .optional()
      .describe('Name of the feed in `feeds` that its prices come from; absent: the only feed.'),
    mode: modeSchema.unwrap().optional().describe('As `mode`; absent: the one at the top.'),
    acceptUnprovable: z
      .boolean()
      .optional()
      .describe('As `acceptUnprovable`; absent: the one at the top.'),
    gateway: gatewaySchema.unwrap().optional().meta({
      sameAs: 'gateway',
      description: 'As `gateway`; absent: the section at the top.',
    }),
    portfolio: portfolioSchema.unwrap().optional().meta({
      sameAs: 'portfolio',
      description:
        'As `portfolio`; absent: the section at the top, counted for this account alone.',
    }),
    holdings: holdingsSchema.unwrap().optional().meta({
      sameAs: 'holdings',
      description: 'As `holdings`; absent: the section at the top.',
    }),
    exits: exitsSchema.unwrap().optional().meta({
      sameAs: 'exits',
      description: 'As `exits`; absent: the section at the top.',
    }),
    massExit: massExitSchema.meta({
      sameAs: 'massExit',
      description: 'As `massExit`; absent: the section at the top.',
    }),
  })
  .describe('One account; a section that it leaves out is the one at the top.')

/** Accounts by name; none: the sections at the top describe the only account. */
export const accountsSchema = z
  .record(accountName, accountSchema)
  .refine(given => Object.keys(given).length <= MOST_ACCOUNTS, {
    error: `at most ${MOST_ACCOUNTS} accounts`,
  })
  .default({})
  .describe(
    'Accounts of this process by name, besides `main`, which a `broker` at the top describes; also in files `accounts/<name>.yaml`.',
  )

/** Feeds by name; none: the section `feed` is the only one. */
export const feedsSchema = z
  .record(
    name,
    feedSchema.unwrap().meta({ sameAs: 'feed', description: 'A feed; fields as in `feed`.' }),
  )
  .refine(given => Object.keys(given).length <= MOST_FEEDS, {
    error: `at most ${MOST_FEEDS} feeds`,
  })
  .default({})
  .describe('Feeds by name, besides `main`, which a `feed` at the top describes.')
