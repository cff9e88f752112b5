import type { NextFunction, Request, Response } from 'express'
import { readJson, UnclearJson } from '../domain/json.ts'
import { InputError, WatchkeeperError } from '../errors.ts'

/** Parses a body as JSON with the same checks as a file: an ambiguous body is refused. */
export function jsonBody(request: Request, _response: Response, next: NextFunction): void {
  const text: unknown = request.body
  // The hook reads its body itself: some programs send forms.
  if (typeof text !== 'string' || request.path.startsWith('/hooks/')) return next()
  request.body = text.trim() === '' ? {} : valueOf(text)
  next()
}

function valueOf(text: string): unknown {
  try {
    return readJson(text)
  } catch (error) {
    if (error instanceof UnclearJson) {
      const { found, expected } = error
      throw new InputError('the body', [{ path: 'the body', found, expected }])
    }
    if (error instanceof SyntaxError) {
      const text = `the body: found no JSON (${error.message}), expected a JSON object`
      throw new WatchkeeperError('BAD_JSON', text)
    }
    throw error
  }
}
