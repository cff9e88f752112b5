import { copyBetween, restoreTo, writeBackup, type AccountCopy } from '../../app/store-copy.ts'
import { ALL_ACCOUNTS, NAME, NAME_EXPECTED } from '../../config/account-schema.ts'
import { UsageError } from '../../errors.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import {
  clientOf,
  storeLogin,
  withFormat,
  withUrl,
  type ConnectionOptions,
  type Formatted,
} from '../connection.ts'

interface Given extends Formatted {
  readonly from: string
  readonly to: string
  readonly overwrite: boolean
  readonly account?: string
  readonly as?: string
  readonly takeOut: boolean
}

const EXAMPLES = `
A place is lmdb:<data folder> or redis://host:port/db, with #prefix where it is not watchkeeper. Both
stores must be free: stop the service before. A password comes from WATCHKEEPER_STORE_REDIS_PASSWORD, or from
the file that WATCHKEEPER_STORE_REDIS_PASSWORD__FILE names.

Examples:
  $ watchkeeper store copy --from lmdb:data --to redis://127.0.0.1:6379/0
  $ watchkeeper store copy --from lmdb:data --to lmdb:desk-data --account desk --take-out
  $ watchkeeper store backup watchkeeper.backup
  $ watchkeeper store restore watchkeeper.backup --to lmdb:data --overwrite
  $ watchkeeper store copy --from redis://127.0.0.1:6379/0#desk-1 --to lmdb:/var/lib/watchkeeper`

/** `watchkeeper store`: copies, backs up and restores the state of a service. */
export const storeCommand: CommandModule = {
  add(program, context) {
    const store = program
      .command('store')
      .description('back up what a service keeps, restore it, copy it to another store')
      .addHelpText('after', EXAMPLES)
    withFormat(store.command('copy').description('copy everything, and prove that it is the same'))
      .requiredOption('--from <place>', 'where it is')
      .requiredOption('--to <place>', 'where it is to be')
      .option('--overwrite', 'replace what the target holds, if that is something else', false)
      .option('--account <name>', 'only this account; main is the one of a store without names')
      .option('--as <name>', 'name of the account in the target (default: the same)')
      .option('--take-out', 'delete the account in the source once the copy is proved', false)
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => copy(given, context))
    const backup = store
      .command('backup')
      .description('write all that a running service keeps to a file')
      .argument('<file>', 'made, or replaced when the backup is whole')
    withFormat(withUrl(backup)).action((file: string, given: ConnectionOptions & Formatted) =>
      backUp(file, given, context),
    )
    const restoring = store
      .command('restore')
      .description('make a store of a backup; nothing is sent before what is held is confirmed')
      .argument('<file>', 'what store backup has written')
    withFormat(restoring)
      .requiredOption('--to <place>', 'where it is to be')
      .option('--overwrite', 'replace what the target holds, if that is something else', false)
      .action((file: string, given: Omit<Given, 'from' | 'takeOut'>) =>
        restore(file, given, context),
      )
  },
}

/** Prints progress at each tenth. */
const STEPS = 10

async function copy(options: Given, context: CommandContext): Promise<void> {
  const { from, to, overwrite, format } = options
  const account = accountIn(options)
  const login = storeLogin(context.env)
  const given = { from, to, overwrites: overwrite, login, account }
  const copied = await copyBetween({ ...given, onProgress: progressIn(context) })
  if (format === 'json') {
    context.stdout.write(`${JSON.stringify(copied)}\n`)
    return
  }
  printCopy(copied, context)
  if (account?.takesOut === true) {
    context.stdout.write(`the account ${account.name} is taken out of ${from}\n`)
  }
  const { paper } = copied
  if (paper !== undefined) {
    context.stdout.write(
      `the paper account in ${paper} is not copied: copy that folder where the data folder is another one\n`,
    )
  }
}

/** @throws UsageError for a name that no account can have, and for options of an account without one. */
function accountIn({ account, as, takeOut }: Given): AccountCopy | undefined {
  if (account !== undefined)
    return { name: account, as: accountNamed(as ?? account), takesOut: takeOut }
  if (as === undefined && !takeOut) return undefined
  throw new UsageError(
    `found ${as === undefined ? '--take-out' : '--as'}, expected --account with it`,
  )
}

function accountNamed(name: string): string {
  if (NAME.test(name) && name !== ALL_ACCOUNTS) return name
  throw new UsageError(`found the name ${JSON.stringify(name)}, expected ${NAME_EXPECTED}`)
}

async function backUp(
  file: string,
  given: ConnectionOptions & Formatted,
  context: CommandContext,
): Promise<void> {
  const pieces = await clientOf(given, context).download('/api/store/backup')
  const { rows, lines } = await writeBackup(file, pieces)
  context.stdout.write(
    given.format === 'json'
      ? `${JSON.stringify({ file, rows, lines })}\n`
      : `backed up ${rows} rows and ${lines} journal lines to ${file}\n`,
  )
}

async function restore(
  file: string,
  { to, overwrite, format }: Omit<Given, 'from' | 'takeOut'>,
  context: CommandContext,
): Promise<void> {
  const given = { file, to, overwrites: overwrite, login: storeLogin(context.env) }
  const restored = await restoreTo({ ...given, onProgress: progressIn(context) })
  if (format === 'json') {
    context.stdout.write(`${JSON.stringify(restored)}\n`)
    return
  }
  printCopy(restored, context)
  context.stdout.write(
    'a backup is older than its account: nothing is sent before watchkeeper gateway confirm-holdings\n',
  )
}

function progressIn({ stderr }: CommandContext): (done: number, all: number) => void {
  let printed = 0
  return (done, all) => {
    const step = Math.floor((done / all) * STEPS)
    if (step > printed) stderr.write(`${done} of ${all} rows and lines\n`)
    printed = Math.max(printed, step)
  }
}

function printCopy(
  copied: Awaited<ReturnType<typeof restoreTo>>,
  { stdout }: CommandContext,
): void {
  const { rows, lines, checksum, wasThere } = copied
  const what = `${rows} rows and ${lines} journal lines, checksum ${checksum.slice(0, 16)}`
  stdout.write(
    wasThere ? `nothing to do: the target holds all of it: ${what}\n` : `copied ${what}\n`,
  )
}
