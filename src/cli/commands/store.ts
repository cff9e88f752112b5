import { copyBetween } from '../../system/store-copy.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { storePassword } from '../connection.ts'

interface Given {
  readonly from: string
  readonly to: string
  readonly overwrite: boolean
}

const EXAMPLES = `
A place is lmdb:<data folder> or redis://host:port/db, with #prefix where it is not watchkeeper. Both
stores must be free: stop the service before. A password comes from WATCHKEEPER_STORE_REDIS_PASSWORD.

Examples:
  $ watchkeeper store copy --from lmdb:data --to redis://127.0.0.1:6379/0
  $ watchkeeper store copy --from redis://127.0.0.1:6379/0#desk-1 --to lmdb:/var/lib/watchkeeper`

/** `watchkeeper store copy`: moves what a service keeps to another store. */
export const storeCommand: CommandModule = {
  add(program, context) {
    const store = program
      .command('store')
      .description('copy what a service keeps from one store to another')
      .addHelpText('after', EXAMPLES)
    store
      .command('copy')
      .description('copy everything, and prove that it is the same')
      .requiredOption('--from <place>', 'where it is')
      .requiredOption('--to <place>', 'where it is to be')
      .option('--overwrite', 'replace what the target holds, if that is something else', false)
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => copy(given, context))
  },
}

/** Progress is told each time that another tenth is done. */
const STEPS = 10

async function copy({ from, to, overwrite }: Given, context: CommandContext): Promise<void> {
  const { stdout, stderr, env } = context
  let told = 0
  const copied = await copyBetween({
    ...{ from, to, overwrites: overwrite, password: storePassword(env) },
    onProgress: (done, all) => {
      const step = Math.floor((done / all) * STEPS)
      if (step > told) stderr.write(`${done} of ${all} rows and lines\n`)
      told = Math.max(told, step)
    },
  })
  const { rows, lines, checksum, wasThere } = copied
  const what = `${rows} rows and ${lines} journal lines, checksum ${checksum.slice(0, 16)}`
  stdout.write(
    wasThere ? `nothing to do: the target holds all of it: ${what}\n` : `copied ${what}\n`,
  )
}
