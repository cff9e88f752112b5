import { MemoryStore } from '../../src/stores/memory.ts'
import { storeContract } from '../contracts/store-contract.ts'

describe('MemoryStore', () => {
  storeContract(() => Promise.resolve(new MemoryStore()))
})
