/** Keys and indexes from the root of a document down to a value. */
export type Path = readonly (string | number)[]

const reference = /\$\{([^}]*)\}/g

/** Names of every `${name}` in a text, in order, each as often as it is there. */
export function listReferences(text: string): string[] {
  return Array.from(text.matchAll(reference), match => match[1] ?? '')
}

/** Puts values in the place of each `${name}`; a name without a value stays as it is written. */
export function fillText(text: string, valueOf: (name: string) => string | undefined): string {
  return text.replaceAll(reference, (whole, name: string) => valueOf(name) ?? whole)
}

/** Rebuilds a document with every text replaced by what `change` makes of it. Keys are not touched. */
export function mapTexts(
  value: unknown,
  change: (text: string, path: Path) => string,
  path: Path = [],
): unknown {
  if (typeof value === 'string') return change(value, path)
  if (Array.isArray(value))
    return value.map((each, index) => mapTexts(each, change, [...path, index]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, mapTexts(each, change, [...path, key])]),
  )
}

/** The value at a path of plain data, or undefined where the path leads nowhere. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    data,
  )
}
