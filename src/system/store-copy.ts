import { type Copied, copyStore } from '../stores/copy.ts'
import { openToCopyFrom, openToCopyTo, storePlace } from '../stores/place.ts'

export interface StoreCopyOptions {
  /** As a person names them. */
  readonly from: string
  readonly to: string
  readonly overwrites: boolean
  readonly password: string | undefined
  onProgress(done: number, all: number): void
}

/** Copies one store to another; both are owned meanwhile. Throws as `copyStore` and opening do. */
export async function copyBetween({ password, ...options }: StoreCopyOptions): Promise<Copied> {
  const from = await openToCopyFrom(storePlace(options.from, password))
  try {
    const to = await openToCopyTo(storePlace(options.to, password))
    try {
      return await copyStore({ ...options, from: from.part, to: to.part })
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
}
