import type { Ref } from 'nact'
import systemMap from 'nact/lib/system-map.js'

/** What nact keeps of one actor. */
interface NactActor {
  children: ReadonlyMap<string, unknown>
  childReferences: ReadonlyMap<string, unknown>
  /** The event of the loop by which it handles a message; stays when that is over. */
  immediate: unknown
}

/** Shared by all actors that are no group: they have no children. */
const NO_CHILDREN: ReadonlyMap<string, unknown> = new Map()

/** Makes what nact keeps of an actor without children smaller: of 10,000 monitors 7 MB. */
export class SmallActor {
  private readonly actor: NactActor

  constructor(ref: Ref<unknown>) {
    this.actor = systemMap.applyOrThrowIfStopped(ref, actor => actor) as NactActor
    this.actor.children = this.actor.childReferences = NO_CHILDREN
  }

  /** A message is being handled: its event of the loop is over, and holds those before and behind it. */
  handles(): void {
    this.actor.immediate = undefined
  }
}
