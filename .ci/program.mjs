// node .ci/program.mjs <folder>: bundles each program that tests start, packages included: one file is
// compiled and linked in half the time of some hundreds.
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The command. It is bundled by itself: in a chunk shared with others it would not be the file that was started. */
const COMMAND = 'src/cli/main.ts'

const OTHERS = [
  'test/crash/disk-child.ts',
  'test/crash/guarded.ts',
  'test/support/broker-server/main.ts',
  'test/support/ending.ts',
  'test/support/many-questions.ts',
  'test/support/price-publisher.ts',
  'test/support/steered/main.ts',
  'test/support/store-claimer.ts',
  'test/support/store-reader.ts',
  'test/support/store-writer.ts',
  'test/support/watched.ts',
]

/** CommonJS packages in an ES module load the modules of Node by `require`. */
const REQUIRE =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);"

/** `src/cli/main.ts` → `src-cli-main`. */
const nameOf = path => path.replace(/\.ts$/, '').replaceAll('/', '-')

function bundle(paths, outdir) {
  buildSync({
    entryPoints: paths.map(path => ({ in: join(root, path), out: nameOf(path) })),
    outdir,
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // A binary that is found from its own folder, and a CommonJS package that is imported on demand: the
    // bundler gives such a one no named exports.
    external: ['lmdb', 'ioredis'],
    banner: { js: REQUIRE },
    logLevel: 'warning',
  })
}

/** Writes the bundles to `<folder>/bundle/all`, two folders below package.json as the sources are. */
function buildProgram(folder) {
  const outdir = join(folder, 'bundle', 'all')
  mkdirSync(outdir, { recursive: true })
  bundle([COMMAND], outdir)
  bundle(OTHERS, outdir)
  // What the bundler leaves alone: a worker starts from it.
  cpSync(join(root, 'src', 'processes', 'watchdog.mjs'), join(outdir, 'watchdog.mjs'))
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  // The page is built into `dist` by the tests that need it.
  for (const name of ['node_modules', 'dist']) symlinkSync(join(root, name), join(folder, name))
}

buildProgram(resolve(process.argv[2]))
