import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'

const root = new URL('../../', import.meta.url)
const { filesInOrder, LONGEST } = (await import(new URL('.ci/order.mjs', root).href)) as {
  readonly LONGEST: readonly string[]
  filesInOrder(longest?: readonly string[]): string[]
}

describe('the order of the test files', () => {
  it('names no file that is not there', () => {
    const isThere = (file: string): boolean => existsSync(join(root.pathname, file))
    expect(LONGEST.filter(file => !isThere(file))).to.deep.equal([])
  })

  it('contains each file once, the longest first', () => {
    const files = filesInOrder(['test/words.test.ts', 'test/gone.test.ts'])
    expect(files[0]).to.equal('test/words.test.ts')
    expect(files).to.not.include('test/gone.test.ts')
    expect(new Set(files).size).to.equal(files.length)
  })
})
