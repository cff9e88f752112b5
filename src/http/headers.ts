import helmet from 'helmet'

/**
 * Headers of every answer. The policy lets a page load its own files and call its own service,
 * nothing else; no text becomes code. `Strict-Transport-Security` is left to the proxy that
 * terminates TLS.
 */
export const securityHeaders = () =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'connect-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
        'require-trusted-types-for': ["'script'"],
      },
    },
    strictTransportSecurity: false,
  })
