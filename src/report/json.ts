/**
 * JSON that steers no terminal: `JSON.stringify` leaves the controls behind ASCII and those of the direction of writing as
 * they are. To whoever parses it, it is the same.
 */
export function toJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replaceAll(
    /[\u007f-\u009f\p{Bidi_Control}\u2028\u2029\ufeff]/gu,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
