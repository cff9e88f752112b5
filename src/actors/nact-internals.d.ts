/** nact has no types for its inner files. */
declare module 'nact/lib/system-map.js' {
  const systemMap: {
    applyOrThrowIfStopped<Result>(reference: unknown, apply: (actor: object) => Result): Result
  }
  export default systemMap
}
