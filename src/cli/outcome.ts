/** Thrown by a command that has printed everything; it only carries the exit code. */
export class Outcome extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`)
    this.exitCode = exitCode
  }
}
