import { expect } from 'chai'
import { emptyMemory, memoryStore } from '../../src/stores/memory.ts'
import { codeOf, storeContract } from '../contracts/store-contract.ts'

describe('memoryStore', () => {
  storeContract(async () => {
    const memory = emptyMemory()
    return {
      open: async () => memoryStore({ memory }),
      usurp: async () => void (memory.owner = { token: 'usurper', until: Infinity }),
      setSchema: async version => void (memory.schema = version),
      dispose: async () => undefined,
    }
  })

  it('lets another owner in when the lease of the first has run out', async () => {
    const memory = emptyMemory()
    let now = 0
    const [one, two] = [
      memoryStore({ memory, now: () => now }),
      memoryStore({ memory, now: () => now }),
    ]
    await one.claim('one', 1_000)
    now = 999
    expect(await codeOf(two.claim('two', 1_000))).to.equal('STORE_IN_USE')
    now = 1_000
    await two.claim('two', 1_000)
    expect(await codeOf(one.write([{ kind: 'remove', table: 'exits', key: 'a' }]))).to.equal(
      'FENCED',
    )
  })
})
