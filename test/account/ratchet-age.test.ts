import { expect } from 'chai'
import { RatchetAge } from '../../src/account/ratchet-age.ts'

describe('RatchetAge', () => {
  let now: number
  let age: RatchetAge

  beforeEach(() => {
    now = 0
    age = new RatchetAge(() => now)
  })

  it('counts from the first price whose rows were not taken, and ends when they are durable', () => {
    age.begin()
    now = 10
    age.begin()
    expect(age.ms).to.equal(10)
    age.taken()
    now = 25
    expect(age.ms).to.equal(25)
    age.written()
    expect(age.ms).to.equal(0)
  })

  it('continues with a price that came while rows were written', () => {
    age.begin()
    age.taken()
    now = 10
    age.begin()
    now = 30
    age.written()
    expect(age.ms).to.equal(20)
  })

  it('keeps the age of rows that are still on their way when more are taken', () => {
    age.begin()
    age.taken()
    now = 10
    age.begin()
    age.taken()
    now = 30
    expect(age.ms).to.equal(30)
  })
})
