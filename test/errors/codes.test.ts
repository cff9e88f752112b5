import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { ERROR_CODES, errorRow, FAULT_CODES } from '../../src/errors/codes.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** The source without the table itself, by path inside src/. */
const sources = new Map(
  readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .map(file => file.replaceAll('\\', '/'))
    .filter(file => /\.tsx?$/.test(file) && file !== 'errors/codes.ts')
    .map(file => [file, textOf(`src/${file}`)] as const),
)
const source = [...sources.values()].join('\n')

/** Codes that some code gives to an error: as its first argument, or as the value of a choice or of a map. */
const given = new Set(
  [...source.matchAll(/(?:Error\(|super\(|\?|:|return)\s*'([A-Z][A-Z_]+)'/g)].map(
    ([, code]) => code!,
  ),
)

/** Codes that an error is made with, as a literal. */
const made = [
  ...source.matchAll(/(?:new (?:WatchkeeperError|RedisError)|super)\(\s*'([^']+)'/g),
].map(([, code]) => code!)

const section = (page: string, heading: string): string =>
  page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!

describe('the table of error codes', () => {
  it('has every code that an error is made with', () => {
    expect(made).to.include('POSITION_UNKNOWN').and.include('NOT_SENT').and.include('REDIS_REFUSED')
    expect(made.filter(code => errorRow(code) === undefined)).to.deep.equal([])
  })

  it('has no code that no error is made with', () => {
    const unused = Object.keys(ERROR_CODES).filter(code => !given.has(code))
    expect(unused).to.deep.equal([])
  })

  it('is passed by for no code but that of a service of another version', () => {
    const casts = [...sources].filter(([, text]) => text.includes('as ErrorCode'))
    expect(casts.map(([file]) => file)).to.deep.equal(['client/errors.ts'])
  })

  it('agrees with the documented table, which has no other codes', () => {
    const page = textOf('docs/errors.md').split('\n## ')[0]!
    const rows = page.matchAll(/^\| `([A-Z_]+)` +\| (\d+) +\| (\d) +\| (.*?) +\| (\S.*?) +\|$/gm)
    const documented = [...rows].map(
      ([, code, status, exitCode, meaning]) =>
        [code!, { status: Number(status), exitCode: Number(exitCode), meaning }] as const,
    )
    expect(Object.fromEntries(documented)).to.deep.equal(ERROR_CODES)
    expect(documented).to.have.length(Object.keys(ERROR_CODES).length)
  })

  it('gives no row for a code of another version, nor for a name that every object has', () => {
    expect(errorRow('OF_A_LATER_RELEASE')).to.equal(undefined)
    expect(errorRow('constructor')).to.equal(undefined)
  })
})

describe('the codes of faults of a configuration', () => {
  it('are each given to a fault', () => {
    expect(Object.keys(FAULT_CODES).filter(code => !given.has(code))).to.deep.equal([])
  })

  it('agree with the documented table, which has no other codes', () => {
    const text = section(textOf('docs/errors.md'), 'Faults of a configuration')
    const rows = text.matchAll(/^\| `([A-Z_]+)` +\| (.*?) +\| (\S.*?) +\|$/gm)
    const documented = [...rows].map(([, code, meaning]) => [code!, meaning] as const)
    expect(Object.fromEntries(documented)).to.deep.equal(FAULT_CODES)
    expect(documented).to.have.length(Object.keys(FAULT_CODES).length)
  })
})
