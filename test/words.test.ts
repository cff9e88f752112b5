import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Folders whose comments, identifiers, test names and messages are plain technical English. */
const CLEAN = ['src', 'test', '.ci']
/** This file quotes the words. */
const OWN = 'test/words.test.ts'

/** Folders of pages, and pages, that are, too. */
const CLEAN_PAGES = ['docs', 'README.md', 'CONTRIBUTING.md', 'SECURITY.md']
const GENERATED_PAGES = ['docs/api-report.md']

/** Words that name no subject, or stand for one of several acts: CONTRIBUTING.md says what to write instead. */
const BANNED =
  /\b(?:nobody|somebody|anybody|whoever|told|tells?|telling|looks?|looked|looking|of which|of whom)\b/giu
/** To look an order up is the term of the field. */
const LOOK_UP = /\blook(?:s|ed|ing)?(?:-| (?:[\w’']+ ){0,4})ups?\b/giu
const BANNED_PARTS =
  /^(?:nobody|somebody|anybody|whoever|told|untold|tells?|looks?|looked|life|lives)$/u
/** The library that runs actors has a class of this name. */
const FOREIGN_NAMES = ['Nobody', 'NOBODY']

const TOKEN =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/gu

/** Comments and texts of several words; a name of one word, such as a value of a union, is a name. */
function prose(text: string): string[] {
  return [...text.matchAll(TOKEN)]
    .map(([token]) => token)
    .filter(token => token.startsWith('/') || /\w\s+\w/u.test(token))
    .map(token => token.replaceAll(/\s*\n\s*(?:\*(?!\/)|\/\/)?\s*/gu, ' '))
}

/** A page without its code, and without the words that it quotes to advise against them. */
const pageProse = (text: string): string =>
  text.replaceAll(/^ *```[\s\S]*?^ *```/gmu, '').replaceAll(/`[^`]*`|"nobody[^"]*"|_\w[^_]*_/gu, '')

const bannedIn = (text: string): string[] => text.replaceAll(LOOK_UP, '').match(BANNED) ?? []

/** `isToldTwice` is made of `is`, `told` and `twice`. */
const partsOf = (name: string): string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/gu, '$1 $2')
    .toLowerCase()
    .split(/[ _]/u)

function bannedNames(text: string): string[] {
  const code = text.replaceAll(TOKEN, ' ').replaceAll(/\blook_?up/giu, 'find')
  return (code.match(/[A-Za-z_]\w*/gu) ?? [])
    .filter(name => !FOREIGN_NAMES.includes(name))
    .filter(name => partsOf(name).some(part => BANNED_PARTS.test(part)))
}

function filesOf(place: string): string[] {
  if (/\.(?:tsx?|md)$/u.test(place)) return [place]
  return readdirSync(join(ROOT, place), { recursive: true, encoding: 'utf8' })
    .map(file => `${place}/${file.replaceAll('\\', '/')}`)
    .filter(file => /\.(?:tsx?|mjs|md)$/u.test(file) && file !== OWN)
}

const found = (places: readonly string[], find: (text: string) => readonly string[]): string[] =>
  places.flatMap(filesOf).flatMap(file => {
    const words = find(readFileSync(join(ROOT, file), 'utf8'))
    return words.map(word => `${file}: ${word}`)
  })

describe('the words', () => {
  it('are found in comments, names of tests and messages, and nowhere else', () => {
    const planted = [
      "it('leaves an order of a venue as nobody knows it', () => {})",
      '/** An order\n * of\n * which the rest is known. */',
      '// The broker tells it.',
      "const told = 'look'",
      'look(it) // Looks an order up by its id.',
    ].join('\n')
    expect(prose(planted).flatMap(bannedIn)).to.deep.equal(['nobody', 'of which', 'tells'])
    expect(bannedNames(planted)).to.deep.equal(['told', 'look'])
    expect(bannedNames('lookUpLate(isToldTwice, lookup, tellEnd)')).to.deep.equal([
      'isToldTwice',
      'tellEnd',
    ])
  })

  it('are plain in the comments, names of tests and messages of the code', () => {
    expect(found(CLEAN, text => prose(text).flatMap(bannedIn))).to.deep.equal([])
  })

  it('are plain in the pages of the documentation', () => {
    const pages = CLEAN_PAGES.flatMap(filesOf).filter(page => !GENERATED_PAGES.includes(page))
    expect(found(pages, text => bannedIn(pageProse(text)))).to.deep.equal([])
  })

  it('are plain in the identifiers of the code', () => {
    expect(found(CLEAN, bannedNames)).to.deep.equal([])
  })
})
