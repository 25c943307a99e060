import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import { createHash } from 'node:crypto'

/** Hex sha256 of the UTF-8 bytes of a text. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

/** Unified diff with two lines around each change; `before` is null for a file that is not there yet. */
export function compare(path: string, before: string | null, after: string): string {
  return createTwoFilesPatch(
    before === null ? '/dev/null' : path,
    path,
    before ?? '',
    after,
    undefined,
    undefined,
    {
      context: 2,
      headerOptions: FILE_HEADERS_ONLY,
    },
  )
}

/** "3f1c4a…e2": enough of a sha256 to tell two apart by eye. */
export function shorten(hash: string): string {
  return hash.length > 16 ? `${hash.slice(0, 8)}…` : hash
}
