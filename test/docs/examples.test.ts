import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse as parseYaml } from 'yaml'
import {
  holdingList,
  holdingReport,
  openOrderList,
  parse,
  quote,
  quoteList,
} from '../../src/brokers/http/answers.ts'
import { capabilities } from '../../src/brokers/http/options.ts'
import { exitAnswer, orderState } from '../../src/brokers/shapes.ts'
import { cliHere } from '../support/cli-here.ts'
import { blocksOf, PAGES, placeOf, type Block } from '../support/docs/blocks.ts'

const blocks = PAGES.flatMap(blocksOf)
const inLanguage = (language: string): Block[] =>
  blocks.filter(block => block.language === language)

/**
 * Languages that this folder's tests read; `mermaid` and `text` are drawings, or bytes on a wire.
 */
const LANGUAGES = ['console', 'csv', 'js', 'json', 'mermaid', 'sh', 'text', 'ts', 'yaml']

/** Settings that belong to another program, by one of their keys. */
const FOREIGN = ['scrape_configs', 'receivers']

/** The kind of an example of the broker's protocol, by its heading. */
const ANSWERS: Readonly<Record<string, (text: string) => unknown>> = {
  'Place an order': text => parse(exitAnswer, { what: 'an order', text }),
  'Ask what became of an order': text => parse(orderState, { what: 'an order', text }),
  'Ask for one holding': text => parse(holdingReport, { what: 'a holding', text }),
  'List holdings': text => parse(holdingList, { what: 'holdings', text }),
  Prices: text => parse(quoteList, { what: 'quotes', text }).quotes.map(row => quote.parse(row)),
  'Working orders (optional)': text => parse(openOrderList, { what: 'orders', text }),
  'What the venue can prove': text => capabilities.parse(JSON.parse(text)),
}

/** Checks a file that contains only rules. */
const ANY = { id: 'any', instrument: 'ANY', side: 'long', quantity: 1, entryPrice: 100, rules: {} }

/** The values of a block that shows several. */
const valuesOf = (text: string): string[] => text.split(/\n(?=\{)/)

describe('the examples of the documentation', () => {
  let folder: string
  before(() => (folder = mkdtempSync(join(tmpdir(), 'watchkeeper-examples-'))))
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** Writes the input of `watchkeeper check`; returns its arguments. */
  function checkOf(block: Block): string[] {
    const { rules, positions } = parseYaml(block.text) as Record<string, unknown>
    const file = join(folder, 'example.yaml')
    writeFileSync(file, block.text)
    if (positions !== undefined && typeof positions !== 'string') return ['--positions', file]
    if (rules === undefined) return ['--config', file]
    const any = join(folder, 'positions.json')
    writeFileSync(any, JSON.stringify({ positions: [ANY] }))
    return ['--positions', any, '--rules', file]
  }

  it('are in languages that a test reads', () => {
    for (const block of blocks) expect(LANGUAGES, placeOf(block)).to.include(block.language)
  })

  for (const block of inLanguage('yaml')) {
    const keys = Object.keys(parseYaml(block.text) as object)
    if (keys.some(key => FOREIGN.includes(key))) continue
    it(`of ${placeOf(block)} are settings that watchkeeper accepts`, async () => {
      const { code, stderr } = await cliHere(['check', ...checkOf(block)])
      expect(stderr.replace(/^warning: .*\n/gm, '')).to.equal('')
      expect(code).to.equal(0)
    })
  }

  for (const block of inLanguage('json')) {
    it(`of ${placeOf(block)} are answers that watchkeeper accepts`, () => {
      const answer = ANSWERS[block.heading]
      expect(answer, block.heading).to.not.equal(undefined)
      for (const value of valuesOf(block.text)) answer!(value)
    })
  }
})
