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
import { factCalls } from '../../src/brokers/http/facts.ts'
import { capabilities } from '../../src/brokers/http/options.ts'
import { exitAnswer, orderState } from '../../src/brokers/shapes.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { cliHere } from '../support/cli-here.ts'
import { blocksOf, PAGES, placeOf, type Block } from '../support/docs/blocks.ts'

const blocks = PAGES.flatMap(blocksOf)
const inLanguage = (language: string): Block[] =>
  blocks.filter(block => block.language === language)

/**
 * Languages that this folder's tests read; `mermaid` and `text` are drawings, or bytes on a wire.
 */
const LANGUAGES = ['console', 'csv', 'js', 'json', 'mermaid', 'python', 'sh', 'text', 'ts', 'yaml']

/** Settings and messages that belong to another program, by one of their keys. */
const FOREIGN = ['scrape_configs', 'receivers', 'webhook', 'verb', 'mcpServers']

/** Whether an example of these keys is another program's. */
const isForeign = (keys: readonly string[]): boolean => keys.some(key => FOREIGN.includes(key))

/** The kind of an example of the broker's protocol, by its heading. */
const ANSWERS: Readonly<Record<string, (text: string) => unknown>> = {
  'Place an order': text => parse(exitAnswer, { what: 'an order', text }),
  'Ask what became of an order': text => parse(orderState, { what: 'an order', text }),
  'Ask for one holding': text => parse(holdingReport, { what: 'a holding', text }),
  'List holdings': text => parse(holdingList, { what: 'holdings', text }),
  Prices: text => parse(quoteList, { what: 'quotes', text }).quotes.map(row => quote.parse(row)),
  'Working orders (optional)': text => parse(openOrderList, { what: 'orders', text }),
  'Instruments and account (optional)': factsIn,
  'Time (optional)': factsIn,
  'What the venue can prove': text => capabilities.parse(JSON.parse(text)),
}

/** Reads the answer to one of the questions about the access to an account. */
async function factsIn(text: string): Promise<void> {
  const value = JSON.parse(text) as Record<string, unknown>
  const clock = { now: () => 0, onTime: () => undefined }
  const answered = { instruments: true, account: true, time: true }
  const facts = factCalls({ ...answered, ...clock }, async shape => shape.parse(value))
  const signal = new AbortController().signal
  if ('instruments' in value) {
    expect(await facts.instruments!(signal)).to.have.length(1)
  } else if ('changes' in value) {
    const key = { instrument: instrumentId('BTCUSD'), side: 'long' } as const
    expect(await facts.changes!(key, 0, signal)).to.have.length(1)
  } else if ('time' in value) {
    expect(await facts.time!(signal)).to.have.property('aheadMs')
  } else {
    expect(await facts.permissions!(signal)).to.have.property('expiresAt')
    expect(await facts.positionMode!(signal)).to.equal('one-way')
  }
}

/** Checks a file that contains only rules. */
const ANY = { id: 'any', instrument: 'ANY', side: 'long', quantity: 1, entryPrice: 100, rules: {} }

/** The values of a block that shows several. */
const valuesOf = (text: string): string[] => text.split(/\n(?=\{)/)

describe('the examples of the documentation', () => {
  let folder: string
  before(() => (folder = mkdtempSync(join(tmpdir(), 'watchkeeper-examples-'))))
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** The configuration of the same page whose positions a block shows: they are judged by its accounts. */
  const configOf = ({ page, file }: Block): string | undefined =>
    file === undefined
      ? undefined
      : blocks.find(other => other.page === page && other.text.includes(`positions: ${file}\n`))
          ?.file

  /** Writes the input of `watchkeeper check`; returns its arguments. */
  function checkOf(block: Block): string[] {
    const { rules, positions } = parseYaml(block.text) as Record<string, unknown>
    // A configuration may name another file of its page.
    for (const { page, file, text } of blocks) {
      if (page === block.page && file !== undefined) writeFileSync(join(folder, file), text)
    }
    const file = join(folder, 'example.yaml')
    writeFileSync(file, block.text)
    const config = configOf(block)
    if (config !== undefined) return ['--config', join(folder, config)]
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
    if (isForeign(keys)) continue
    it(`of ${placeOf(block)} are settings that watchkeeper accepts`, async () => {
      const { code, stderr } = await cliHere(['check', ...checkOf(block)])
      expect(stderr.replace(/^warning: .*\n/gm, '')).to.equal('')
      expect(code).to.equal(0)
    })
  }

  for (const block of inLanguage('json')) {
    if (isForeign(valuesOf(block.text).flatMap(text => Object.keys(JSON.parse(text) as object))))
      continue
    it(`of ${placeOf(block)} are answers that watchkeeper accepts`, async () => {
      const answer = ANSWERS[block.heading]
      expect(answer, block.heading).to.not.equal(undefined)
      for (const value of valuesOf(block.text)) await answer!(value)
    })
  }
})
