/** Takes one line for a person who waits. */
export type Say = (line: string) => void

export const sayNothing: Say = () => undefined

/** Runs a piece of work between two lines: what it is, and how long it took. */
export async function doing<T>(say: Say, what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now()
  say(`lab: ${what} …`)
  const result = await work()
  say(`lab: ${what.replace(/ \(.*\)$/, '')}: done after ${seconds(start)} s`)
  return result
}

export function seconds(start: number): string {
  const taken = (performance.now() - start) / 1000
  return taken < 10 ? taken.toFixed(1) : taken.toFixed(0)
}
