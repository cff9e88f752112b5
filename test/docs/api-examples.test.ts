import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { runExample, shownValues } from '../support/docs/run-example.ts'

const SRC = fileURLToPath(new URL('../../src', import.meta.url))
const EXAMPLE = /^ \* @example\n \* ```ts\n((?: \*.*\n)+?) \* ```$/gm

interface Example {
  /** File inside src/. */
  readonly file: string
  readonly code: string
}

const examples: readonly Example[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .flatMap(file =>
    [...readFileSync(join(SRC, file), 'utf8').matchAll(EXAMPLE)].map(match => ({
      file,
      code: match[1]!.replace(/^ \* ?/gm, ''),
    })),
  )

describe('the examples of docstrings', () => {
  it('exist for each entry of the package', () => {
    for (const entry of ['', '/client', '/exits', '/resilience', '/risk'])
      expect(
        examples.filter(({ code }) => code.includes(`from 'watchkeeper${entry}'`)),
        entry,
      ).to.have.length.above(0)
  })

  it('show each function and class that the package exports', async () => {
    const exported = Object.entries(await import('../../src/index.ts'))
    const names = exported.filter(([, value]) => typeof value === 'function').map(([name]) => name)
    const code = examples.map(each => each.code).join('\n')
    expect(names.filter(name => !new RegExp(`\\b${name}\\b`).test(code))).to.deep.equal([])
  })

  for (const [index, { file, code }] of examples.entries()) {
    it(`run and show what is so: ${file}, number ${index + 1}`, async () => {
      expect(shownValues(code)).to.be.at.least(1)
      expect(await runExample(code)).to.deep.equal([])
    })
  }
})
