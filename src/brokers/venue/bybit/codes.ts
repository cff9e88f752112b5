import type { RawAnswer } from '../line.ts'
import { codeTable, type Failure, type Meaning } from '../meaning.ts'

/** Codes of Bybit v5 (`retCode`), from its documentation. */
const CODES = codeTable({
  unknown: '10000 10014 10016 20006 110079 170001 170007 170032 170035 170146 170212 170234',
  clock: '10002',
  'not-sent': '10019',
  'rate-limited': '429 10006 10429 20003 170005 170222',
  banned: '10018',
  unauthorized: '10003 10004 10005 10007 10008 10009 10010 10024 10027 10028 33004',
  duplicate: '110072 170141',
  absent: '110001 170143 170213',
  ended: '110010 170142',
  'insufficient-quantity': `110004 110006 110007 110012 110014 110044 110045 110051 110052 110053 170033
    170131`,
  'nothing-held': '110017',
  'market-closed': '110063 110074 110095 110098 110103 170031 170151 170157',
  'would-trigger': '110092 110093',
  'unknown-instrument': '10029 110037 170121 170221',
  'no-permission': `30228 100028 110011 110023 110040 110042 110066 110067 110069 110070 110080 110088
    110119 110123 110124 110125 110132 170036 170037 170209 170219 170220 170223 170224 170226 170227
    170241 170348 170355`,
  'price-band': `30208 30209 110003 110116 110120 110121 170132 170133 170192 170193 170194 170195
    170196 170371 170372`,
  'below-minimum': '110094 170136 170140',
  refused: `10001 10017 10404 110005 110009 110013 110018 110019 110020 110021 110022 110029 110032
    110033 110034 110035 110049 110050 110057 110061 110085 110086 110089 110090 110108 110109 110118
    170010 170105 170115 170116 170117 170124 170130 170134 170137 170148 170149 170159 170197 170198
    170201 170202 170203 170204 170210 170217 170218 170228 170229 170341 170381 170382 170810`,
})

/** An IP address that exceeds the limit is banned for at least so long, ms. */
const SHUT_OUT_MS = 600_000
/** Longest wait that is taken from a header, ms. */
const LONGEST_MS = 60_000

/** What a code in an answer with status 200 proves. `now` is epoch ms at the venue. */
export function failureOfCode(
  what: string,
  { retCode, retMsg }: { readonly retCode: number; readonly retMsg: string },
  { headers, now }: Pick<RawAnswer, 'headers'> & { readonly now: number },
): Failure {
  const code = String(retCode)
  const meaning = CODES.get(code) ?? 'unknown'
  const message = `${what} was answered with ${retCode} ${retMsg}`.trim().slice(0, 300)
  const reset = Number(headers['x-bapi-limit-reset-timestamp'] ?? NaN)
  const waits = meaning === 'rate-limited' && Number.isFinite(reset) && reset > now
  return {
    meaning,
    code,
    message,
    ...(waits && { retryAfterMs: Math.min(reset - now, LONGEST_MS) }),
  }
}

/** What a status other than 200 proves. */
export function failureOfStatus(what: string, { status, text }: RawAnswer): Failure {
  const message = `${what} was answered with ${status} ${text}`.trim().slice(0, 300)
  const meaning = meaningOf(status)
  return { meaning, message, ...(meaning === 'banned' && { retryAfterMs: SHUT_OUT_MS }) }
}

function meaningOf(status: number): Meaning {
  switch (status) {
    case 401:
      return 'unauthorized'
    case 403:
      return 'banned'
    case 429:
      return 'rate-limited'
    default:
      return 'unknown'
  }
}
