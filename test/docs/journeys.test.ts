import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(`${root}/docs/architecture.md`, 'utf8')
const [, section = ''] = text.split('## Five journeys, file by file')
const journeys = section
  .split('\n## ')[0]!
  .split('\n\n')
  .filter(each => each.startsWith('**'))

describe('the journeys of docs/architecture.md', () => {
  for (const journey of journeys) {
    it(`${journey.split('**')[1]!} names files that exist, and counts them and the returns`, () => {
      const steps = [...journey.matchAll(/(↩ )?`([a-z-]+\/[\w/.-]+\.tsx?)`/g)]
      const seen = new Set<string>()
      let returns = 0
      for (const [, mark, file] of steps) {
        expect(existsSync(`${root}/src/${file!}`), file).to.equal(true)
        expect(mark !== undefined, `${file!} is marked as a return`).to.equal(seen.has(file!))
        if (mark !== undefined) returns++
        seen.add(file!)
      }
      const [, files, back] = /(\d+)\s+files,\s+(\d+)\s+return/.exec(journey) ?? []
      expect([Number(files), Number(back)]).to.deep.equal([seen.size, returns])
    })
  }

  it('are five', () => {
    expect(journeys).to.have.length(5)
  })
})
