import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PLACES = ['docs', 'clients', 'skills', 'examples']

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...PLACES.flatMap(place =>
    readdirSync(join(ROOT, place), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.md'))
      .map(name => `${place}/${name}`),
  ),
]

const textOf = (page: string): string =>
  readFileSync(join(ROOT, page), 'utf8').replaceAll(/^ *```[\s\S]*?^ *```/gm, '')

/** The anchors of a page, as GitHub makes them of its headings. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

/** What is wrong with the links of a page to others of this repository, one line each. */
function brokenLinks(page: string, text: string): string[] {
  const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
  return links.flatMap(([link, path, anchor]) => {
    const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path!))
    if (!existsSync(join(ROOT, target))) return [`${page}: ${link}: no file ${target}`]
    if (anchor === undefined || !target.endsWith('.md')) return []
    const isThere = anchorsOf(target === page ? text : textOf(target)).includes(anchor)
    return isThere ? [] : [`${page}: ${link}: no heading ${anchor} in ${target}`]
  })
}

describe('the links of the documentation', () => {
  it('are found where they lead nowhere', () => {
    const text = '# A page\n[a](none.md) [b](#a-page) [c](#another) [d](../README.md#no-heading)'
    expect(brokenLinks('docs/cli.md', text)).to.deep.equal([
      'docs/cli.md: ](none.md): no file docs/none.md',
      'docs/cli.md: ](#another): no heading another in docs/cli.md',
      'docs/cli.md: ](../README.md#no-heading): no heading no-heading in README.md',
    ])
  })

  it('lead to files and headings that exist', () => {
    expect(PAGES.flatMap(page => brokenLinks(page, textOf(page)))).to.deep.equal([])
  })
})
