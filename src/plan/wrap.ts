/**
 * Makes control characters and those that turn the direction of writing visible: text from a host must not be able to
 * paint over a plan.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]/gu,
    character => {
      const code = character.codePointAt(0)!.toString(16)
      return code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, '0')}`
    },
  )
}

/**
 * Breaks a text at blanks into lines of at most `width` characters; a word that is longer is broken anywhere. A list
 * with " · " between its items is broken between them, and within one only where it does not fit into a line.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const piece of splitList(text, width).flatMap(each => chop(each, width))) {
    if (line !== '' && count(line) + 1 + count(piece) > width) {
      lines.push(line)
      line = piece
    } else {
      line = line === '' ? piece : `${line} ${piece}`
    }
  }
  return [...lines, line]
}

/** What must not be broken: the items of a list with the dot after them, else words. */
function splitList(text: string, width: number): string[] {
  const items = text.split(' · ')
  return items.flatMap((item, index) => {
    const whole = index < items.length - 1 ? `${item} ·` : item
    return items.length > 1 && count(whole) <= width ? [whole] : whole.split(' ')
  })
}

/** Cuts a text into pieces of at most `width` characters, and of one at least. */
export function chop(text: string, width: number): string[] {
  // Most of them, and cheap to know: no text has more characters than units.
  if (text.length <= width) return [text]
  const characters = Array.from(text)
  const pieces: string[] = []
  // Beside a name that is longer than a line there is no room at all.
  const step = Math.max(1, width)
  for (let at = 0; at < characters.length; at += step)
    pieces.push(characters.slice(at, at + step).join(''))
  return pieces
}

/** Characters as a terminal counts them, for text without wide ones. */
export function count(text: string): number {
  let pairs = 0
  for (let at = 0; at < text.length - 1; at += 1) {
    if ((text.charCodeAt(at) & 0xfc00) !== 0xd800 || (text.charCodeAt(at + 1) & 0xfc00) !== 0xdc00)
      continue
    pairs += 1
    at += 1
  }
  return text.length - pairs
}
