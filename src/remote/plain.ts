/** A text of somebody else without what could steer a terminal; lines stay. */
export function toPlain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '')
}
