// A feed of your own: prices from a file with lines such as `ACME 90.5`, read in each monitoring cycle.
//   plugins: [./file-feed.mjs]
//   feed: { kind: plugin, plugin: { name: fileFeed, options: { file: prices.txt } } }
// watchkeeper plugin test ./file-feed.mjs

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export default {
  kind: 'feed',
  name: 'fileFeed',
  options: z => z.strictObject({ file: z.string().min(1) }),

  open({ file }, { onTick, wanted, clock }) {
    let isRunning = false
    const read = () => {
      try {
        return readFileSync(file, 'utf8')
      } catch {
        // Without the file there is no price: their age shows it.
        return ''
      }
    }
    return {
      start() {
        isRunning = true
      },
      cycle() {
        if (!isRunning) return
        const prices = new Map(
          read()
            .split('\n')
            .map(line => line.split(' ')),
        )
        for (const instrument of wanted()) {
          const price = Number(prices.get(instrument))
          if (price > 0) onTick({ instrument, ts: clock.now(), price })
        }
      },
      stop() {
        isRunning = false
      },
    }
  },

  // A source for `watchkeeper plugin test`, and its prices.
  async testSource() {
    const folder = mkdtempSync(join(tmpdir(), 'file-feed-'))
    const file = join(folder, 'prices.txt')
    return {
      options: { file },
      price: (instrument, price) => writeFileSync(file, `${instrument} ${price}\n`),
      close: () => rmSync(folder, { recursive: true }),
    }
  },
}
