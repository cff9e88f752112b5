/**
 * Begins an object literal that spreads another object and then adds properties, where that is done often:
 * `{ ...FRESH, ...position, state }`. V8 (measured on Node 20) adds each new property behind a spread that comes
 * first by a slow path of about a microsecond; behind an empty object it does not.
 */
export const FRESH: Readonly<Record<never, never>> = {}
