import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { COMMANDS } from '../../src/cli/commands/registry.ts'
import { serveHttp } from '../../src/http/server.ts'
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

  it('each command in the table of docs/cli.md', () => {
    const page = pageOf('cli.md')
    for (const { name } of COMMANDS) expect(page).to.match(new RegExp(`^\\| \\[\`${name}\\b`, 'm'))
  })

  it('each path of the API in docs/http.md', async () => {
    const page = pageOf('http.md')
    const all = await paths()
    expect(all).to.have.length.above(30)
    for (const path of all) expect(page).to.include(path)
  })
})
