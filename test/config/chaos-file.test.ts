import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { loadChaos } from '../../src/config/chaos-file.ts'
import { InputError } from '../../src/errors.ts'

const KNOWN = { positions: ['btc-1', 'eur-1'], instruments: ['BTCUSD'] }

describe('loadChaos', () => {
  let folder: string
  let file: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-chaos-'))
    file = join(folder, 'chaos.yaml')
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function faultsOf(text: string): string[] {
    writeFileSync(file, text)
    try {
      loadChaos(file, KNOWN)
      return []
    } catch (error) {
      return (error as InputError).faults.map(({ path, line }) => `${path}, line ${line}`)
    }
  }

  it('reports everything that is wrong at once, including names that do not exist', () => {
    const text = `
seed: soon
colour: red
acts:
  - { kind: monitor-throws, everyMs: 0, positions: [btc-2] }
  - { kind: rule-throws, everyMs: 1000, rules: [stopLos] }
  - { kind: feed-stalls, everyMs: 1000, instruments: [BTCUSD, MOON] }
  - { kind: moon-falls, everyMs: 1000 }`
    expect(faultsOf(text).toSorted()).to.deep.equal(
      [
        'acts[0].everyMs, line 5',
        'acts[0].everyMs, line 5',
        'acts[0].positions[0], line 5',
        'acts[1].rules[0], line 6',
        'acts[2].instruments[1], line 7',
        'acts[3].kind, line 8',
        'colour, line 3',
        'seed, line 2',
      ].toSorted(),
    )
  })

  it('suggests what was probably meant', () => {
    writeFileSync(file, 'acts: [{ kind: rule-throws, everyMs: 1000, rules: [stopLos] }]')
    expect(() => loadChaos(file, KNOWN)).to.throw(InputError, 'did you mean stopLoss?')
  })

  it('refuses a file without an act, and a missing file', () => {
    expect(faultsOf('seed: 1')).to.have.length(1)
    expect(() => loadChaos(join(folder, 'none.yaml'), KNOWN)).to.throw(InputError, 'no such file')
  })

  it('accepts the shipped example, whatever is guarded', () => {
    const example = new URL('../../config/chaos.yaml', import.meta.url).pathname
    const { acts } = loadChaos(example, { positions: [], instruments: [] })
    const kinds = new Set(acts.map(({ kind }) => kind))
    expect(kinds.size).to.equal(7)
  })
})
