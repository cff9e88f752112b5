import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { COMMANDS } from '../../src/cli/commands/registry.ts'
import { fieldsAt } from '../../src/domain/expectation.ts'
import { serveHttp } from '../../src/http/server.ts'
import { channelOptions } from '../../src/observability/notify/registry.ts'
import { tradeView } from '../../src/ports/trades.ts'
import { RULES } from '../../src/risk/rules/registry.ts'
import { ROOT } from '../support/docs/blocks.ts'
import { FakeControl } from '../support/fake-control.ts'
import { ask } from '../support/http.ts'

const pageOf = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8')

/** The paths of the API, up to their first parameter. */
async function paths(): Promise<string[]> {
  const server = await serveHttp({ control: new FakeControl(), host: '127.0.0.1', port: 0 })
  try {
    const { json } = await ask(server.port, '/openapi.json')
    return Object.keys(json['paths'] as object).map(path => path.split('/{')[0]!)
  } finally {
    await server.close()
  }
}

describe('the documentation lists', () => {
  it('each rule as a heading of docs/rules.md', () => {
    const page = pageOf('rules.md')
    for (const { name } of RULES) expect(page).to.include(`\n### \`${name}\`\n`)
  })

  it('each option of each rule in docs/rules.md, and in the table of docs/positions.md', () => {
    const rules = pageOf('rules.md')
    const table = pageOf('positions.md').split('\n## A rule set\n')[1]!
    for (const { name, options } of RULES) {
      const section = rules.split(`\n### \`${name}\`\n`)[1]!.split('\n##')[0]!
      const row = table.split('\n').find(line => line.startsWith(`| \`${name}\` `))
      for (const field of fieldsAt(options, [])) {
        expect(section, `docs/rules.md, ${name}`).to.match(new RegExp(`\\b${field}\\b`))
        expect(row, `docs/positions.md, ${name}`).to.match(new RegExp(`\\b${field}\\b`))
      }
    }
  })

  it('each command in the table of docs/cli.md', () => {
    const page = pageOf('cli.md')
    for (const { name } of COMMANDS) expect(page).to.match(new RegExp(`^\\| \\[\`${name}\\b`, 'm'))
  })

  it('each field of an exit that is over in docs/http.md', () => {
    const section = pageOf('http.md').split('\n## Exits that are over\n')[1]!.split('\n## ')[0]!
    for (const field of Object.keys(tradeView.shape)) expect(section).to.include(`\`${field}\``)
  })

  it('each kind of channel in the tables of docs/notifications.md', () => {
    const page = pageOf('notifications.md')
    const kinds = channelOptions.options.map(({ shape }) => shape.kind.value)
    for (const kind of kinds.filter(each => each !== 'plugin')) {
      expect(page).to.match(new RegExp(`^\\| \`${kind}\` `, 'm'))
    }
  })

  it('each path of the API in docs/http.md', async () => {
    const page = pageOf('http.md')
    const all = await paths()
    expect(all).to.have.length.above(30)
    for (const path of all) expect(page).to.include(path)
  })
})
