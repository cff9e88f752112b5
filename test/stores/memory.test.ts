import { MemoryPlace, MemoryStore } from '../../src/stores/memory.ts'
import { storeContract } from '../contracts/store-contract.ts'

describe('MemoryStore', () => {
  storeContract(() => {
    const place = new MemoryPlace()
    let now = 0
    return {
      attach: () => Promise.resolve(new MemoryStore(place, () => now)),
      killOwner: leaseMs => {
        now += leaseMs
        return Promise.resolve()
      },
    }
  })
})
