import { openKeptData } from '../../src/app/offline.ts'

/** The random id of the store at a place; its order ids contain it. */
export async function storeIdAt(place: string): Promise<string> {
  const data = await openKeptData(place)
  try {
    return await data.storeId()
  } finally {
    await data.close()
  }
}
