import type { StorePlace } from '../../src/plugins/store-case.ts'
import { runStoreCase, STORE_CASES } from '../../src/plugins/store-contract.ts'

/**
 * The contract of every store, which `watchkeeper plugin test` runs too. `makePlace` returns a place of its own for
 * each test.
 */
export function storeContract(makePlace: () => StorePlace): void {
  for (const each of STORE_CASES) it(each.name, () => runStoreCase(each, makePlace()))
}
