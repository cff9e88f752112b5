import type { RawAnswer } from '../line.ts'
import { codeTable, type Failure, type Meaning } from '../meaning.ts'

/**
 * Codes of OKX v5, of a whole answer (`code`) and of one order in it (`sCode`), from its
 * documentation.
 */
const CODES = codeTable({
  unknown: '1 2 50001 50004 50013 50026 51054 51149 51400',
  clock: '50102',
  'not-sent': '50036 50037 50112',
  'rate-limited': '50011 50061 51113',
  unauthorized: `50030 50035 50100 50101 50103 50104 50105 50106 50107 50108 50109 50110 50111 50113
    50114 50119 50120 50121`,
  duplicate: '50071 51011 51016 51065 51068',
  absent: '51063 51600 51603',
  ended: '51401 51509',
  filled: '51402 51510',
  'insufficient-quantity': '51004 51008 51112 51127 51131 51134 59200',
  'nothing-held': '51023 51043 51058 51169 51521',
  'market-closed': '51022 51027 51028 51029 51030 51072',
  'would-trigger': '51277 51278 51279 51280 51300 51302 51303 51304',
  'unknown-instrument': '51001 51012 51021 51087',
  'no-permission': `50007 50008 50009 50010 50012 50017 50018 50019 50020 50021 50022 50023 50027 50028
    50029 50032 50033 50051 50052 50059 50060 51009 51010 51024 51056 51155 54072 54092`,
  'price-band': `51006 51031 51116 51122 51135 51136 51137 51138 51192 51193 51194 51195 51250`,
  'below-minimum': '50122 51007 51020 51120 51132',
  refused: `50000 50002 50005 50006 50014 50015 50016 50024 50025 50115 51000 51002 51003 51005 51015
    51025 51026 51033 51037 51038 51066 51101 51102 51103 51104 51105 51106 51107 51108 51109 51110
    51111 51115 51117 51121 51124 51125 51126 51133 51139 51140 51142 51148 51150 51165 51168 51170
    51174 51185 51196 51197 51201 51202 51203 51204 51205 51206 51207 51209 51210 51211 51281 51342
    51407 51507 60012`,
})

/** What a code proves. A code of the whole answer counts only with a status below 500. */
export function failureOfCode(
  what: string,
  { status, code, text }: { readonly status: number; readonly code: string; readonly text: string },
): Failure {
  const message = `${what} was answered with ${status} ${code} ${text}`.trim().slice(0, 300)
  const meaning = status >= 500 ? 'unknown' : (CODES.get(code) ?? 'unknown')
  return { meaning, code, message }
}

/** What an answer without a code proves. */
export function failureOfStatus(what: string, { status, text }: RawAnswer): Failure {
  const message = `${what} was answered with ${status} ${text}`.trim().slice(0, 300)
  return { meaning: meaningOf(status), message }
}

function meaningOf(status: number): Meaning {
  switch (status) {
    case 401:
      return 'unauthorized'
    case 429:
      return 'rate-limited'
    default:
      return 'unknown'
  }
}
