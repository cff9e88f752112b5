import type { Request, Response } from 'express'
import helmet from 'helmet'

/** Style sheets may come from the service itself, or have one of these hashes. */
const policy = (styleHashes: readonly string[]) => ({
  useDefaults: false,
  directives: {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'", ...styleHashes.map(hash => `'${hash}'`)],
    'img-src': ["'self'", 'data:'],
    'connect-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
    'require-trusted-types-for': ["'script'"],
  },
})

/**
 * Headers of every answer. The policy lets a page load its own files and call its own service,
 * nothing else; no text becomes code. `Strict-Transport-Security` is left to the proxy that
 * terminates TLS.
 */
export const securityHeaders = () =>
  helmet({ contentSecurityPolicy: policy([]), strictTransportSecurity: false })

/** Lets one document use the style sheet that it contains, by its hash; no other style sheet in its markup applies. */
export const allowStyle = (request: Request, response: Response, hash: string): void =>
  helmet.contentSecurityPolicy(policy([hash]))(request, response, () => undefined)
