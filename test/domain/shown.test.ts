import { expect } from 'chai'
import { show } from '../../src/domain/shown.ts'

describe('a value in a message', () => {
  it('is shown without the password of an address', () => {
    expect(show('redis://:secret@host:6379/0')).to.equal('"redis://…@host:6379/0"')
    expect(show('https://me:se@cret@host/path')).to.equal('"https://…@host/path"')
    expect(show('redis://host:6379/0')).to.equal('"redis://host:6379/0"')
  })
})
