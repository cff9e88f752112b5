// node .ci/page.mjs <folder>: builds the page that the service serves, by one call of esbuild; names have
// hashes, and each file is there compressed too.
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { buildSync } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const SOURCE = join(root, 'src', 'page')

/** Types that compression makes smaller. */
const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/**
 * Writes the page to a folder, with `manifest.json`: the type and encodings of each file, and the
 * id of the build.
 */
function buildPage(folder) {
  rmSync(folder, { recursive: true, force: true })
  const { metafile } = buildSync({
    entryPoints: [join(SOURCE, 'main.tsx'), join(SOURCE, 'icon.svg')],
    outdir: folder,
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    format: 'esm',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    loader: { '.svg': 'copy' },
    tsconfigRaw: '{}',
    logLevel: 'warning',
  })
  const outputs = Object.entries(metafile.outputs).map(([path, output]) => {
    return { name: relative(folder, join(root, path)), output }
  })
  const { name: script, output: entry } = outputs.find(
    ({ output }) => output.entryPoint === 'src/page/main.tsx',
  )
  const nameOf = ending => {
    return outputs.find(({ name }) => name.endsWith(ending) || ending.endsWith(name)).name
  }
  const preloads = entry.imports
    .filter(({ kind }) => kind === 'import-statement')
    .map(({ path }) => relative(folder, join(root, path)))
  const build = hashOf(
    outputs
      .map(({ name }) => name)
      .toSorted()
      .join(),
  )
  const html = readFileSync(join(SOURCE, 'index.html'), 'utf8')
    .replace('%BUILD%', build)
    .replace('%ICON%', `page/${nameOf('.svg')}`)
    .replace('%STYLE%', `page/${nameOf(entry.cssBundle)}`)
    .replace('%SCRIPT%', `page/${script}`)
    .replace(
      '    %PRELOADS%\n',
      preloads.map(each => `    <link rel="modulepreload" href="page/${each}" />\n`).join(''),
    )
  writeFileSync(join(folder, 'index.html'), html)
  const names = ['index.html', ...outputs.map(({ name }) => name)]
  const files = Object.fromEntries(names.map(name => [name, compress(join(folder, name))]))
  // What a browser loads before it shows the first screen.
  const first = ['index.html', script, nameOf(entry.cssBundle), ...preloads]
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ build, files, first }))
}

const hashOf = text => createHash('sha256').update(text).digest('hex').slice(0, 12)

/** Also writes a file as `.br` and `.gz`; returns its type. */
function compress(path) {
  const content = readFileSync(path)
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  }
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params }))
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
  return TYPES[path.split('.').at(-1)]
}

buildPage(resolve(process.argv[2] ?? join(root, 'dist', 'page')))
