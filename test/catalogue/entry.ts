/** Where a fault is thrown: a file of tests, and a part of the name of a test or of its describe block in it. */
export type Shown = readonly [file: string, name: string]

export type Entry = {
  readonly id: string
  readonly fault: string
  readonly expected: string
  readonly shown: readonly Shown[]
  /** What of the fault no test throws, and why. */
  readonly without?: string
}
