import { expect } from 'chai'
import { csvLine, journalText } from '../../src/cli/journal-text.ts'
import { logLine } from '../../src/observability/logger.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import { BAD_NAMES } from '../support/bad-values.ts'

const plain = (_style: string, text: string): string => text

describe('a journal line for a person', () => {
  for (const [what, text] of BAD_NAMES) {
    it(`stays one line that acts on no terminal, whatever a broker or an old store has: ${what}`, () => {
      const line = {
        seq: 1,
        at: 0,
        kind: 'exit-failed',
        positionId: text,
        error: text,
        steps: [{ at: 0, attempt: 1, what: text }],
      } as unknown as JournalLine
      const { steps: _steps, ...single } = line
      const entry = { level: 'warn', component: 'exits', kind: 'exit-failed', at: 0 } as const
      for (const said of [
        journalText(line, plain).replace('\n', ' '),
        csvLine(single),
        logLine({ ...entry, detail: { positionId: text } }),
      ]) {
        expect(said).to.match(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e]+$/u)
      }
      const { positionId } = JSON.parse(logLine({ ...entry, detail: { positionId: text } })) as {
        positionId: string
      }
      expect(positionId).to.equal(text)
    })
  }
})
