import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { Command } from 'commander'
import type { CommandContext } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands/registry.ts'
import { cliHere } from '../support/cli-here.ts'

/** Commands that print no data: they guard, ask, serve a protocol, or print what is no JSON. */
const WITHOUT_JSON = new Set(['run', 'demo', 'init', 'guard', 'mcp', 'completion'])

/** Every command that can be typed, with all words of its name. */
async function leaves(): Promise<readonly (readonly [string, Command])[]> {
  const root = new Command('watchkeeper')
  for (const { load } of COMMANDS) (await load()).add(root, {} as CommandContext)
  const below = (command: Command, name: string): (readonly [string, Command])[] =>
    command.commands.length === 0
      ? [[name, command]]
      : command.commands.flatMap(each => below(each, `${name} ${each.name()}`.trim()))
  return below(root, '')
}

describe('watchkeeper completion', () => {
  let script: string

  before(async () => {
    script = (await cliHere(['completion', 'bash'])).stdout
  })

  /** What bash offers behind these words; the last one is being typed. */
  const offers = (words: readonly (readonly string[])[]): string[][] => {
    const tries = words.map(
      each => `COMP_WORDS=(watchkeeper ${each.map(word => `'${word}'`).join(' ')})
        COMP_CWORD=${each.length}; _watchkeeper; echo "\${COMPREPLY[*]}"`,
    )
    const lines = execFileSync('bash', ['-c', [script, ...tries].join('\n')], { encoding: 'utf8' })
    return lines
      .split('\n')
      .slice(0, words.length)
      .map(line => line.split(' ').filter(word => word !== ''))
  }

  it('refuses a shell that it has no script for, and guesses', async () => {
    const { code, stderr } = await cliHere(['completion', 'bsh'])
    expect([code, stderr.includes('Did you mean bash?')]).to.deep.equal([2, true])
  })

  it('offers commands, their subcommands, options, and the values of both in bash', () => {
    expect(
      offers([
        ['po'],
        ['positions', 'r'],
        ['positions', '--fo'],
        ['exits', '--format', ''],
        ['gateway', 'breaker', 'o'],
        ['gateway', 'breaker', 'orders', 'r'],
        ['--zone', 'Asia/Kolkata', 'kill-switch', 'h'],
        ['positions', 'add', '--file', 'my file', '--ex'],
      ]),
    ).to.deep.equal([
      ['positions', 'portfolio'],
      ['rules', 'release'],
      ['--format'],
      ['text', 'csv', 'json'],
      ['orders'],
      ['reset'],
      ['halt'],
      ['--exit-now'],
    ])
  })

  it('offers nothing of its own where a file or an id stands', () => {
    expect(
      offers([
        ['positions', 'add', '--file', ''],
        ['nothing', 'x'],
      ]),
    ).to.deep.equal([[], []])
  })

  it('names every command and every option in each shell', async () => {
    const all = await leaves()
    const scripts = [script]
    for (const shell of ['zsh', 'fish']) scripts.push((await cliHere(['completion', shell])).stdout)
    for (const text of scripts) {
      for (const [name, command] of all) {
        const words = [...name.split(' '), ...command.options.map(({ long }) => long!.slice(2))]
        for (const word of words) expect(text, name).to.match(new RegExp(`\\b${word}\\b`))
      }
    }
  })
})

describe('Every command that prints data', () => {
  it('takes --json', async () => {
    const without = (await leaves()).flatMap(([name, { options }]) =>
      options.some(({ long }) => long === '--json') ? [] : [name],
    )
    expect(without.toSorted()).to.deep.equal([...WITHOUT_JSON].toSorted())
  })
})
