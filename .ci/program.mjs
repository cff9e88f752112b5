// node .ci/program.mjs <folder>: bundles the programs that tests start, packages included. The large ones start from
// one script with V8's code cache of a run before: in half the CPU time that compiling them takes.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

const COMMAND = 'src/cli/main.ts'

/** Programs in one script; none of them awaits at its top level. */
const CACHED = [
  COMMAND,
  'test/crash/disk-child.ts',
  'test/crash/guarded.ts',
  'test/support/broker-server/main.ts',
  'test/support/steered/main.ts',
]

const OTHERS = [
  'src/plugins/examiner.ts',
  'test/support/ending.ts',
  'test/support/many-questions.ts',
  'test/support/price-publisher.ts',
  'test/support/store-claimer.ts',
  'test/support/store-reader.ts',
  'test/support/store-writer.ts',
  'test/support/watched.ts',
]

/** CommonJS packages in an ES module load the modules of Node by `require`. */
const REQUIRE =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);"

const SHARED = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // A binary that is found from its own folder, and a CommonJS package that is imported on demand: the
  // bundler gives such a one no named exports.
  external: ['lmdb', 'ioredis'],
  logLevel: 'warning',
}

/** `src/cli/main.ts` → `src-cli-main`. */
const nameOf = path => path.replace(/\.ts$/, '').replaceAll('/', '-')

function bundleOthers(outdir) {
  buildSync({
    ...SHARED,
    entryPoints: OTHERS.map(path => ({ in: join(root, path), out: nameOf(path) })),
    outdir,
    splitting: true,
    format: 'esm',
    banner: { js: REQUIRE },
  })
}

/** One script whose exports start the programs, and a file for each that calls its export. */
function bundleCached(outdir) {
  const starts = CACHED.map(path => `exports['${nameOf(path)}'] = () => require('./${path}')`)
  const file = join(outdir, 'programs.cjs')
  buildSync({
    ...SHARED,
    stdin: { contents: starts.join('\n'), resolveDir: root },
    outfile: file,
    format: 'cjs',
    define: { 'import.meta.url': '__url', 'import.meta.filename': '__commandFile' },
    banner: {
      js: [
        // One function around it all: a script that is put together from strings is copied before it is compiled.
        '(function (exports, require, module, __filename, __dirname, importHere) {',
        "const __url = require('node:url').pathToFileURL(__filename).href;",
        `const __commandFile = require('node:path').join(__dirname, '${nameOf(COMMAND)}.cjs');`,
      ].join('\n'),
    },
    footer: { js: '})' },
  })
  // Code from a cache has no loader of its own for what is imported on demand; and packages load faster without one.
  const source = readFileSync(file, 'utf8')
    .replaceAll(/await import\("(lmdb|ioredis)"\)/g, 'require("$1")')
    .replaceAll('await import(', 'await importHere(')
  writeFileSync(file, source)
  cpSync(join(root, '.ci', 'cached.cjs'), join(outdir, 'cached.cjs'))
  for (const name of CACHED.map(nameOf))
    writeFileSync(join(outdir, `${name}.cjs`), `require('./cached.cjs')['${name}']()\n`)
}

/** Runs the service until it answers: the cache contains what that has compiled. */
async function writeCache(folder, outdir) {
  const data = join(folder, 'data')
  const args = ['run', '--positions', 'config/demo/positions.yaml', '--data', data, '--port', '0']
  const child = spawn(process.execPath, [join(outdir, `${nameOf(COMMAND)}.cjs`), ...args], {
    cwd: root,
    env: { ...process.env, WRITES_CODE_CACHE: '1', NODE_V8_COVERAGE: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.on('data', data => String(data).includes('health') && child.kill())
  await new Promise(done => child.once('close', done))
  rmSync(data, { recursive: true, force: true })
}

/** Writes the bundles to `<folder>/bundle/all`, two folders below package.json as the sources are. */
async function buildProgram(folder) {
  const outdir = join(folder, 'bundle', 'all')
  mkdirSync(outdir, { recursive: true })
  bundleOthers(outdir)
  bundleCached(outdir)
  // What the bundler leaves alone: a worker starts from it.
  cpSync(join(root, 'src', 'processes', 'watchdog.cjs'), join(outdir, 'watchdog.cjs'))
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  // The page is built into `dist` by the tests that need it.
  for (const name of ['node_modules', 'dist']) symlinkSync(join(root, name), join(folder, name))
  await writeCache(folder, outdir)
}

await buildProgram(resolve(process.argv[2]))
