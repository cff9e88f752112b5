/** An error answer, with its stable code. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Longest wait for an answer, ms. */
const ANSWER_MS = 15_000

/** The token, in memory only: it ends with the page. */
let token: string | undefined
let asked: Promise<void> | undefined

/** Asks a person for a token; `isRefused`: the service does not take the present one. Throws where none is entered. */
export type AskForToken = (isRefused: boolean) => Promise<string>
let askForToken: AskForToken = () => new Promise(() => undefined)

/** Sets the function that asks a person for the token. */
export function onTokenNeeded(ask: AskForToken): void {
  askForToken = ask
}

/** Waits until a person has entered a token; several calls ask once. */
function newToken(): Promise<void> {
  asked ??= askForToken(token !== undefined)
    .then(given => {
      token = given
    })
    .finally(() => (asked = undefined))
  return asked
}

/**
 * Sends one request with the token; asks for a token and repeats the request while the service
 * refuses it.
 */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  for (;;) {
    const used = token
    const headers = {
      ...(init.headers as Record<string, string> | undefined),
      ...(used !== undefined && { authorization: `Bearer ${used}` }),
    }
    const response = await fetch(path, { ...init, headers, cache: 'no-store' }).catch(unanswered)
    if (response.status !== 401) return response
    await response.body?.cancel()
    // Another request may have received a token meanwhile.
    if (used === token) await newToken()
  }
}

/** Browsers say `Failed to fetch`, or `signal timed out`. An aborted request stays one. */
function unanswered(error: unknown): never {
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError'
  if (!(error instanceof TypeError) && !isTimeout) throw error
  throw new Error('the service does not answer', { cause: error })
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const text = await response.text()
  if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as Answer
  let problem: { code?: string; detail?: string } = {}
  try {
    problem = JSON.parse(text) as typeof problem
  } catch {
    // A proxy sends an answer in another format.
  }
  const { code = 'UNEXPECTED', detail = `the service answered ${response.status}` } = problem
  // The token stays until the page is loaded anew.
  const hint = code === 'ROLE_TOO_LOW' ? '. Reload the page to enter another token.' : ''
  throw new ApiError(response.status, code, detail + hint)
}

/**
 * Reads JSON.
 *
 * @throws ApiError; Error where no server answers.
 */
export async function read<Answer>(path: string): Promise<Answer> {
  return answerOf(await request(path, { signal: AbortSignal.timeout(ANSWER_MS) }))
}

/** Sends a change. Throws as `read`; it is never repeated automatically. */
export async function change<Answer>(
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body: unknown = {},
): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  return answerOf(await request(path, { method, headers, body: JSON.stringify(body) }))
}
