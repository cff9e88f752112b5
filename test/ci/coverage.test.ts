import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { transformSync } from 'esbuild'

/** What is left of a module once types, comments and imports are gone. */
function codeOf(path: string): string {
  const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts' })
  return code
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*(?:\/\/.*|import .*)$/gm, '')
    .replaceAll(/export\s*\{\s*\};?/g, '')
    .trim()
}

describe('the measured coverage', () => {
  const { exclude } = JSON.parse(readFileSync('.c8rc.json', 'utf8')) as { exclude: string[] }
  const files = exclude.filter(path => path.endsWith('.ts'))

  it('leaves out ports, and files that hold nothing but types', () => {
    expect(exclude.filter(path => !files.includes(path))).to.deep.equal(['src/ports/**'])
    expect(files.filter(path => codeOf(path) !== '')).to.deep.equal([])
  })
})
