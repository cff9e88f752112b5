import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(`${root}/docs/architecture.md`, 'utf8')
const [, section = ''] = text.split('## Six journeys, file by file')
const journeys = section
  .split('\n## ')[0]!
  .split('\n\n')
  .filter(each => each.startsWith('**'))

const titleOf = (journey: string): string => journey.split('**')[1]!

/** The files that a journey names, in order, and whether each is marked as a return. */
const stepsOf = (journey: string): { readonly file: string; readonly isReturn: boolean }[] =>
  [...journey.matchAll(/(↩ )?`([a-z-]+\/[\w/.-]+\.tsx?)`/g)].map(([, mark, file]) => ({
    file: file!,
    isReturn: mark !== undefined,
  }))

describe('the journeys of docs/architecture.md', () => {
  for (const journey of journeys) {
    it(`${titleOf(journey)} names files that exist, and counts them and the returns`, () => {
      const seen = new Set<string>()
      let returns = 0
      for (const { file, isReturn } of stepsOf(journey)) {
        expect(existsSync(`${root}/src/${file}`), file).to.equal(true)
        expect(isReturn, `${file} is marked as a return`).to.equal(seen.has(file))
        if (isReturn) returns++
        seen.add(file)
      }
      const [, files, back] = /(\d+)\s+files,\s+(\d+)\s+return/.exec(journey) ?? []
      expect([Number(files), Number(back)]).to.deep.equal([seen.size, returns])
    })
  }

  it('are six', () => {
    expect(journeys).to.have.length(6)
  })

  it('name files alone whose code runs in them', async function () {
    this.timeout(60_000)
    const script = `${root}/test/support/docs/journeys-run.ts`
    const { NODE_V8_COVERAGE: _counted, ...env } = process.env
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], {
      cwd: root,
      env,
      maxBuffer: 2 ** 24,
    })
    const played = JSON.parse(stdout) as Record<string, readonly string[]>
    const idle = journeys.map(journey => {
      const files = new Set(played[titleOf(journey)])
      return [
        titleOf(journey),
        stepsOf(journey).flatMap(({ file }) => (files.has(file) ? [] : file)),
      ]
    })
    expect(idle).to.deep.equal(journeys.map(journey => [titleOf(journey), []]))
  })
})
