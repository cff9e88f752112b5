import type { RawAnswer } from '../line.ts'
import { codeTable, type Failure, type Meaning } from '../meaning.ts'
import { jsonOf } from '../reply.ts'

/**
 * Error codes of Binance USDⓈ-M futures, from its documentation. A code counts only with a 4xx
 * status.
 */
const CODES = codeTable({
  unknown: '-1000 -1001 -1006 -1007 -1010 -1016 -1099 -1119 -2011 -2012',
  clock: '-1021 -5028',
  'rate-limited': '-1003 -1008 -1015',
  unauthorized: '-1002 -1011 -1022 -2014 -2015 -2017 -4056 -4057',
  duplicate: '-4116',
  absent: '-2013',
  'insufficient-quantity': '-2018 -2019 -2022 -2024 -4118',
  'market-closed': '-1122 -2016 -4141',
  'would-trigger': '-2021 -4142',
  'unknown-instrument': '-1121 -4144',
  'no-permission': '-2023 -4087 -4088 -4109 -4192 -4400 -4401 -4402',
  'price-band': '-4002 -4013 -4016 -4024 -4131 -4184 -4210 -4211',
  'below-minimum': '-4004 -4164 -5029',
  refused: `-1013 -1014 -1020 -1023 -1100 -1101 -1102 -1103 -1104 -1105 -1106 -1108 -1109 -1110 -1111
    -1112 -1114 -1115 -1116 -1117 -1118 -1125 -1128 -1130 -1136 -2010 -2020 -2025 -2026 -2027 -2028
    -4001 -4003 -4005 -4006 -4007 -4014 -4015 -4023 -4029 -4030 -4031 -4045 -4060 -4061 -4062 -4082
    -4083 -4084 -4104 -4117 -4135 -4137 -4138 -4139 -4140 -5021 -5022 -5025 -5037 -5038 -5039 -5040
    -5041`,
})

/**
 * Texts of the three kinds of 503: only these two prove that nothing happened. Any other 503, also
 * that of a proxy, may hide an order.
 */
const FAILED_503: readonly string[] = [
  'Service Unavailable.',
  'Internal error; unable to process your request. Please try again.',
]
const THROTTLED_503 = /^Request throttled by system-level protection\./

const BANNED = /\bbanned until (\d{13})?/

/** What an answer with a status other than 200 proves. `now` is epoch ms. */
export function failureOf(
  what: string,
  { status, headers, text }: RawAnswer,
  now: number,
): Failure {
  const { code, msg } = saidIn(text)
  const said = [code, msg].filter(each => each !== undefined).join(' ')
  const message = `${what} was answered with ${status} ${said}`.trim().slice(0, 300)
  const retryAfterMs = retryAfterOf(headers['retry-after'])
  const ban = BANNED.exec(msg)
  if (status === 418 || ban !== null) {
    const until = ban?.[1]
    const banMs = until === undefined ? retryAfterMs : Math.max(0, Number(until) - now)
    return { meaning: 'banned', message, retryAfterMs: banMs }
  }
  return {
    meaning: meaningOf(status, code, msg),
    ...(code !== undefined && { code: String(code) }),
    message,
    retryAfterMs,
  }
}

function meaningOf(status: number, code: number | undefined, msg: string): Meaning {
  if (status === 429 || status === 403) return 'rate-limited'
  if (status === 503 && FAILED_503.includes(msg)) return 'not-sent'
  if (status === 503 && THROTTLED_503.test(msg)) return 'rate-limited'
  if (status < 400 || status >= 500 || status === 408) return 'unknown'
  if (code === undefined) return status === 401 ? 'unauthorized' : 'unknown'
  return CODES.get(String(code)) ?? 'unknown'
}

/** Code and text of a failure; the whole body where it is not JSON. */
function saidIn(text: string): { code: number | undefined; msg: string } {
  const value = jsonOf(text)
  if (typeof value !== 'object' || value === null) return { code: undefined, msg: text.trim() }
  const { code, msg } = value as { code?: unknown; msg?: unknown }
  return {
    code: typeof code === 'number' && Number.isInteger(code) ? code : undefined,
    msg: typeof msg === 'string' ? msg.trim() : '',
  }
}

/** Longest wait that is taken from a header, ms: three days, the longest documented ban. */
const LONGEST_MS = 259_200_000

function retryAfterOf(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,9}$/.test(header)) return undefined
  return Math.min(Number(header) * 1_000, LONGEST_MS)
}
