/**
 * `JSON.stringify(value, null, 2)` in pieces, the members of the first levels one by one: what is about a fleet is never
 * one text. For values that JSON can hold.
 */
export function* jsonPieces(value: unknown, levels = 2, margin = ''): Generator<string> {
  if (levels === 0 || value === null || typeof value !== 'object') {
    // No text in JSON has a line end of its own.
    yield JSON.stringify(value, null, 2).replaceAll('\n', `\n${margin}`)
    return
  }
  const isList = Array.isArray(value)
  const inner = `${margin}  `
  let before = `${isList ? '[' : '{'}\n${inner}`
  let isEmpty = true
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue
    yield isList ? before : `${before}${JSON.stringify(key)}: `
    yield* jsonPieces(member, levels - 1, inner)
    before = `,\n${inner}`
    isEmpty = false
  }
  const end = isList ? ']' : '}'
  yield isEmpty ? `${isList ? '[' : '{'}${end}` : `\n${margin}${end}`
}
