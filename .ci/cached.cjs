// Runs `programs.cjs` beside it, with V8's code cache where there is one, and gives its exports.
// With WRITES_CODE_CACHE set the process leaves such a cache when it ends.
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { setFlagsFromString } = require('node:v8')
const { Script } = require('node:vm')

// Node has compiled its own modules under the flags of its build: those that programs use are loaded before the flags
// change.
for (const name of ['child_process', 'crypto', 'dns', 'https', 'tls', 'worker_threads', 'zlib'])
  require(`node:${name}`)
// Most of these processes live for a second or two: code is optimized once it has run 30 times as long as by default.
// Node 22 and later have no such flag, and complain.
if (Number(process.versions.node.split('.')[0]) < 22)
  setFlagsFromString('--interrupt-budget=2000000')

const file = join(__dirname, 'programs.cjs')
const cache = join(__dirname, 'programs.cache')
// The bundler has escaped what is not ASCII.
const source = readFileSync(file, 'latin1')
const script = new Script(source, {
  filename: file,
  cachedData: existsSync(cache) ? readFileSync(cache) : undefined,
})
const importHere = specifier => import(specifier)
script.runInThisContext()(exports, require, module, file, __dirname, importHere)

if (process.env.WRITES_CODE_CACHE === '1') {
  delete process.env.WRITES_CODE_CACHE
  process.once('exit', () => writeFileSync(cache, script.createCachedData()))
}
