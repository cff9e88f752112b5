import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { Command } from 'commander'
import type { CommandContext } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands/registry.ts'
import { main } from '../../src/cli/main.ts'
import { builtFile } from '../support/built-package.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder, watchkeeper } from '../support/cli.ts'
import { runningEnv } from '../support/compiled.ts'

const POSITIONS = `positions:
  - { id: a, instrument: BTC, side: long, quantity: 1, entryPrice: 100, rules: { stopLoss: { pct: 5 } } }
`

/** A context whose stdout throws an error that no command handles. */
function failingContext(error: unknown, env: NodeJS.ProcessEnv): [CommandContext, string[]] {
  const said: string[] = []
  const stderr = { write: (text: string) => (said.push(text), true) }
  const stdout = {
    write: (): boolean => {
      throw error
    },
  }
  return [{ stdin: new PassThrough(), stdout, stderr, env }, said]
}

/** CommonJS packages that a process has loaded after each of these command lines, one after the other. */
function packagesLoadedBy(...lines: readonly string[][]): string[][] {
  const script = `
    import Module from 'node:module'
    import { main } from ${JSON.stringify(pathToFileURL(builtFile('cli/main.js')).href)}
    const { stdin, stdout, stderr, env } = process
    const loaded = []
    for (const args of ${JSON.stringify(lines)}) {
      await main(args, { stdin, stdout: { write: () => true }, stderr, env })
      loaded.push(Object.keys(Module._cache))
    }
    stdout.write(JSON.stringify(loaded))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: runningEnv(),
  })
  const ours = ['commander', 'express', 'lmdb', 'nact', 'yaml', 'zod']
  return (JSON.parse(stdout) as string[][]).map(paths => {
    const names = paths.map(path => /node_modules\/([^/]+)\//.exec(path)?.[1])
    return ours.filter(name => names.includes(name))
  })
}

describe('The command line', () => {
  let folder: Folder
  let file: string
  beforeEach(() => {
    folder = new Folder()
    file = folder.file('p.yaml', POSITIONS)
  })
  afterEach(() => folder.remove())

  const usage: [string, string[], RegExp][] = [
    ['no command', [], /^Usage: watchkeeper/],
    ['an unknown command', ['chek'], /^error: unknown command 'chek'\n\(Did you mean check\?\)/],
    [
      'an unknown option',
      ['check', '--positions', 'p', '--stict'],
      /^error: unknown option '--stict'/,
    ],
    ['a missing option', ['replay'], /^error: required option '--ticks <file...>' not specified/],
    [
      'a wrong choice',
      ['check', '--positions', 'p', '--format', 'xml'],
      /Allowed choices are text/,
    ],
    [
      'a choice that was probably another one',
      ['kill-switch', 'flaten'],
      /Allowed choices are off, block, flatten, halt\. Did you mean flatten\?/,
    ],
  ]
  for (const [what, args, said] of usage) {
    it(`ends with 2 on stderr: ${what}`, async () => {
      // Once in a process of its own, by its own exit code and streams.
      const ran = await (args.length === 0 ? watchkeeper : cliHere)(args)
      expect(ran.code).to.equal(2)
      expect(ran.stdout).to.equal('')
      expect(ran.stderr).to.match(said)
    })
  }

  it('ends with 1 and one line with a code for an unexpected error', async () => {
    const error = Object.assign(new Error('no space\nleft'), { code: 'ENOSPC' })
    for (const [thrown, line] of [
      [error, 'error: ENOSPC: no space\n'],
      [Object.assign(new Error('EACCES: denied'), { code: 'EACCES' }), 'error: EACCES: denied\n'],
      [new TypeError('x is no function'), 'error: UNEXPECTED: x is no function\n'],
      ['text', 'error: UNEXPECTED: text\n'],
    ] as const) {
      const [context, said] = failingContext(thrown, {})
      expect(await main(['check', '--positions', file], context)).to.equal(1)
      expect(said).to.deep.equal([line])
    }
  })

  it('adds the stack only where WATCHKEEPER_DEBUG is 1', async () => {
    const [context, said] = failingContext(new Error('odd'), { WATCHKEEPER_DEBUG: '1' })
    await main(['check', '--positions', file], context)
    expect(said.join('')).to.match(/^error: UNEXPECTED: odd\nError: odd\n +at /)
  })

  it('ends quietly when the reader of its output has ended', async () => {
    const line = POSITIONS.split('\n')[1]!
    // Long names: the output exceeds what a pipe holds, of few positions.
    const long = 'a'.repeat(190)
    const many = Array.from({ length: 1_000 }, (_, i) =>
      line.replace('id: a', `id: ${long}${i}`).replace('BTC', long),
    )
    const positions = folder.file('many.yaml', `positions:\n${many.join('\n')}\n`)
    const ran = await watchkeeper(['check', '--positions', positions], { readsOnce: true })
    expect(ran.code).to.equal(0)
    expect(ran.stderr).to.equal('')
  })

  it('says what was found and what is expected', async () => {
    for (const [line, expected] of [
      [
        'positions ad',
        'error: found positions "ad", expected one of list, add, rules, set, exit, release: did you mean add?\n',
      ],
      ['clock nix', 'error: found clock "nix", expected one of show, accept\n'],
      ['positions list nix', "error: too many arguments for 'list'. Expected 0 arguments"],
      ['exits --limit -3', "argument '-3' is invalid. Expected a whole number above 0."],
      [
        'init --venue binanse',
        'error: found the venue "binanse", expected one of binance, bybit, okx: did you mean binance?\n',
      ],
      [
        'status --url desk',
        'error: found the URL "desk", expected an address such as http://127.0.0.1:8080\n',
      ],
    ] as const) {
      const { code, stderr } = await cliHere(line.split(' '))
      expect(code, line).to.equal(2)
      expect(stderr, line).to.include(expected)
    }
  })

  it('prints the version of package.json', async () => {
    const manifest = new URL('../../package.json', import.meta.url)
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
    expect(await watchkeeper(['--version'])).to.deep.equal({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    })
  })

  it('lists every command in its help, and says where the examples are', async () => {
    const { code, stdout, stderr } = await cliHere(['--help'])
    expect([code, stderr]).to.deep.equal([0, ''])
    for (const { name } of COMMANDS) expect(stdout).to.match(new RegExp(`^  ${name} `, 'm'))
    expect(stdout).to.contain('watchkeeper help <command>')
  })

  it('loads a command only to run it', () => {
    const [helping, checking] = packagesLoadedBy(['--help'], ['check', '--positions', file])
    expect(helping).to.deep.equal(['commander'])
    expect(checking).to.include('yaml').and.not.include('express')
  })
})

describe('The registry of commands', () => {
  for (const { name, summary, load } of COMMANDS) {
    it(`describes ${name} as the command does, and it has examples`, async () => {
      const program = new Command()
      const { add } = await load()
      add(program, failingContext(undefined, {})[0])
      const [command, ...others] = program.commands
      expect(others).to.deep.equal([])
      expect([command?.name(), command?.description()]).to.deep.equal([name, summary])
      let help = ''
      command?.configureOutput({ writeOut: text => void (help += text) }).outputHelp()
      expect(help).to.contain(`Examples:\n  $ watchkeeper ${name}`)
    })
  }
})
