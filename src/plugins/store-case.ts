import type { Store } from '../ports/store.ts'

/** One promise of a store. */
export interface StoreCase {
  readonly name: string
  /** Runs in a place of its own. Throws where the promise is broken. */
  run(scene: StoreScene): Promise<void>
}

/** An empty place, its owner, and a second store there. */
export interface StoreScene {
  readonly place: StorePlace
  readonly store: Store
  readonly other: Store
}

/** Where stores of one family store the same data, each as if in a process of its own. */
export interface StorePlace {
  /** Another store at this place, which does not own it yet. */
  attach(): Promise<Store>
  /** The state after a crash of the owner, once `leaseMs` are over. */
  killOwner(leaseMs: number): Promise<void>
  /** Removes the place, where it leaves something behind. */
  close?(): Promise<void>
}
