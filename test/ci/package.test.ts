import { execFileSync, spawn, type ExecFileSyncOptions } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { apiReport, COMMAND, REPORT } from '../support/api-report.ts'
import { runningEnv } from '../support/compiled.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** What the package may weigh, bytes: compressed and unpacked. A larger one is a decision. */
const LARGEST = { size: 1_700_000, unpackedSize: 5_900_000 }

interface Packed {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

/** A program that uses every entry. */
const CONSUMER = `import { startWatchkeeper, VirtualSystem, type EmbedOptions } from 'watchkeeper'
import { WatchkeeperClient } from 'watchkeeper/client'
import { clientOrderId } from 'watchkeeper/exits'
import { acquire, breaker, breakerOptions } from 'watchkeeper/resilience'
import { compileRuleSet } from 'watchkeeper/risk'

const options: EmbedOptions = { config: { http: { port: 0 } } }
const [, answer] = acquire(breaker(breakerOptions.parse({})), 0)
const used = [startWatchkeeper, VirtualSystem, WatchkeeperClient, clientOrderId, compileRuleSet, options]
export const shown: string = JSON.stringify([used.length, 'epoch' in answer])
`

describe('the package', function () {
  // It is packed, installed and compiled once, by npm and the compiler.
  this.timeout(600_000)

  let folder: string
  let place: string
  let packed: Packed

  const npm = (args: readonly string[], options: ExecFileSyncOptions): string =>
    String(
      execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
        shell: process.platform === 'win32',
        stdio: ['ignore', 'pipe', 'inherit'],
        ...options,
      }),
    )
  const inPackage = (...path: string[]): string =>
    join(place, 'node_modules', 'watchkeeper', ...path)

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-package-'))
    place = join(folder, 'empty')
    mkdirSync(place)
    // As a release is made: 'prepack' builds what is outdated.
    const answer = npm(['pack', '--json', '--pack-destination', folder], { cwd: ROOT })
    const [found] = Object.values(
      JSON.parse(answer.slice(answer.search(/^[[{]/m))) as object,
    ) as Packed[]
    packed = found!
    const file = join(folder, packed.filename)
    writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
    npm(['install', file, '--prefer-offline'], { cwd: place })
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('holds what runs and what is read, and no source, test or recording', () => {
    const names = packed.files.map(({ path }) => path)
    for (const needed of [
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'config/demo/positions.yaml',
      'clients/python/watchkeeper/__init__.py',
      'config/default.yaml',
      'dist/cli/main.js',
      'dist/processes/watchdog.cjs',
      'dist/page/manifest.json',
      'dist/page/index.html.br',
      'dist/page/index.html.gz',
    ])
      expect(names).to.include(needed)
    const tops = new Set(names.filter(name => name.includes('/')).map(name => name.split('/')[0]))
    expect([...tops].sort()).to.deep.equal([
      'clients',
      'config',
      'dist',
      'docs',
      'examples',
      'skills',
    ])
    expect(names.filter(name => /\.(test\.js|map|tsx|csv\.gz)$/.test(name))).to.deep.equal([])
  })

  it(`weighs at most ${LARGEST.size} bytes, and ${LARGEST.unpackedSize} unpacked`, () => {
    expect(packed.size).to.be.at.most(LARGEST.size)
    expect(packed.unpackedSize).to.be.at.most(LARGEST.unpackedSize)
  })

  it('installs no tool of its development', () => {
    const installed = readdirSync(join(place, 'node_modules'))
    for (const tool of ['mocha', 'typescript', 'esbuild', 'fast-check', 'preact', 'tsx'])
      expect(installed).to.not.include(tool)
  })

  it('is imported through each of its entries, and through no other path', () => {
    const { exports } = JSON.parse(readFileSync(inPackage('package.json'), 'utf8')) as {
      exports: Record<string, unknown>
    }
    const entries = Object.keys(exports).filter(each => !each.endsWith('.json'))
    expect(entries).to.have.length.above(4)
    const program = `for (const entry of ${JSON.stringify(entries)}) {
      const found = await import(entry.replace('.', 'watchkeeper'))
      if (Object.keys(found).length === 0) throw new Error(entry + ' exports nothing')
    }
    await import('watchkeeper/dist/app/build.js').then(
      () => { throw new Error('inside') },
      error => { if (error.code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error },
    )`
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: place,
      env: runningEnv(),
    })
  })

  for (const resolution of ['nodenext', 'bundler']) {
    it(`has declarations that a strict program compiles against: ${resolution}`, () => {
      const file = join(place, 'consumer.ts')
      writeFileSync(file, CONSUMER)
      const args = {
        target: 'es2023',
        lib: 'es2023,dom',
        module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
        moduleResolution: resolution,
        skipLibCheck: 'false',
        exactOptionalPropertyTypes: 'true',
        strict: 'true',
        noEmit: 'true',
        // Several checkers would each check the declarations that they share.
        singleThreaded: 'true',
      }
      const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
      const flags = Object.entries(args).flatMap(([name, value]) => [`--${name}`, value])
      const run = (): Buffer =>
        execFileSync(process.execPath, [tsc, ...flags, file], {
          cwd: place,
          env: { ...runningEnv(), GOGC: '400' },
          stdio: ['ignore', 'pipe', 'pipe'],
        })
      expect(run).to.not.throw()
    })
  }

  it('has the surface that the report says', async () => {
    expect(
      await apiReport(),
      `the surface has changed: npm run build && ${COMMAND}, and a line in CHANGELOG.md`,
    ).to.equal(readFileSync(join(ROOT, REPORT), 'utf8'))
  })

  it('guards its example in an empty folder, and takes all of it away at Ctrl-C', async () => {
    const temporary = join(folder, 'temporary')
    mkdirSync(temporary)
    const env = { ...runningEnv(), TMPDIR: temporary, WATCHKEEPER_HTTP_HOST: '0.0.0.0' }
    const command = join(place, 'node_modules', '.bin', 'watchkeeper')
    const child = spawn(command, ['demo', '--port', '0'], { cwd: place, env })
    const closed = once(child, 'close')
    try {
      let screen = ''
      for await (const chunk of child.stdout.setEncoding('utf8')) {
        screen += chunk as string
        if (!screen.includes('Exits, as they happen')) continue
        expect(screen).to.match(/^watchkeeper guards \d+ positions of a paper account$/m)
        expect(screen.split('\n').length).to.be.below(24)
        const page = /^ {2}(http:\/\/127\.0\.0\.1:\d+\/)$/m.exec(screen)![1]!
        expect(await (await fetch(page)).text()).to.match(/<script[^>]+src="page\//)
        expect(readdirSync(temporary)).to.have.length(1)
        break
      }
      child.kill('SIGINT')
      expect((await closed)[0]).to.equal(0)
      expect(readdirSync(temporary)).to.deep.equal([])
      expect(existsSync(join(place, 'data'))).to.equal(false)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('starts without a configuration and without a position', async () => {
    const command = join(place, 'node_modules', '.bin', 'watchkeeper')
    const child = spawn(command, ['run', '--port', '0'], { cwd: place, env: runningEnv() })
    const closed = once(child, 'close')
    try {
      let text = ''
      for await (const chunk of child.stdout.setEncoding('utf8')) {
        text += chunk as string
        if (text.includes('nothing to guard yet')) break
      }
      expect(text).to.include('watchkeeper guards 0 positions')
      child.kill('SIGINT')
      expect((await closed)[0]).to.equal(0)
    } finally {
      child.kill('SIGKILL')
    }
  })
})
