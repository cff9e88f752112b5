// Runs `programs.cjs` beside it, with V8's code cache where there is one, and gives its exports.
// With WRITES_CODE_CACHE set the process leaves such a cache when it ends.
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { Script } = require('node:vm')

const file = join(__dirname, 'programs.cjs')
const cache = join(__dirname, 'programs.cache')
// The bundler has escaped what is not ASCII.
const source = readFileSync(file, 'latin1')
const parameters = 'exports, require, module, __filename, __dirname, importHere'
const script = new Script(`(function (${parameters}) {${source}\n})`, {
  filename: file,
  cachedData: existsSync(cache) ? readFileSync(cache) : undefined,
})
const importHere = specifier => import(specifier)
script.runInThisContext()(exports, require, module, file, __dirname, importHere)

if (process.env.WRITES_CODE_CACHE === '1') {
  delete process.env.WRITES_CODE_CACHE
  process.once('exit', () => writeFileSync(cache, script.createCachedData()))
}
