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
    // Every view reaches the first screen in this way: what they share with it becomes one file rather than six.
    inject: [join(SOURCE, 'parts', 'app.tsx')],
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
  // The style sheet stands in the document: the first paint waits for no second answer.
  const sheet = nameOf(entry.cssBundle)
  const style = readFileSync(join(folder, sheet), 'utf8').trim()
  rmSync(join(folder, sheet))
  const names = outputs.map(({ name }) => name).filter(name => name !== sheet)
  const filled = readFileSync(join(SOURCE, 'index.html'), 'utf8')
    .replace('%ICON%', `page/${nameOf('.svg')}`)
    .replace('%SCRIPT%', `page/${script}`)
    .replace(
      '    %PRELOADS%\n',
      preloads.map(each => `    <link rel="modulepreload" href="page/${each}" />\n`).join(''),
    )
    .replace(/<style>\s*%STYLE%\s*<\/style>/, () => `<style>${style}</style>`)
  const build = hashOf([...names.toSorted(), filled].join())
  writeFileSync(join(folder, 'index.html'), filled.replace('%BUILD%', build))
  const all = ['index.html', ...names]
  const files = Object.fromEntries(all.map(name => [name, compress(join(folder, name))]))
  // What a browser loads before it shows the first screen.
  const first = ['index.html', script, ...preloads]
  const styleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ build, files, first, styleHash }))
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
