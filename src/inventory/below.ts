/** What hangs on a name, itself the first, parts in their order. Each is gone through once, however many ways there are to it. */
export function below(name: string, partsOf: (name: string) => readonly string[]): string[] {
  const found = new Set<string>()
  const waiting = [name]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue
    found.add(next)
    for (const part of partsOf(next).toReversed()) waiting.push(part)
  }
  return [...found]
}
