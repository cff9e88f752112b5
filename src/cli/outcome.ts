/** Thrown by a command that has said everything, and whose exit code says the rest. */
export class Outcome extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`)
    this.exitCode = exitCode
  }
}
