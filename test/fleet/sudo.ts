/** What a command that came over SSH asks for: by whom it is to be run, and what is left of its input. */
export type Asked = { readonly command: string; readonly input: Buffer; readonly stderr: string }

/** A command that sudo did not run, and what it said. */
export type Denied = { readonly denied: string }

/**
 * Stands for the login shell and for a sudo that wants a password: takes the wrapping of src/remote/sudo.ts off again,
 * as sh and sudo(8) would.
 */
export function unwrap(text: string, input: Buffer, password: string | null): Asked | Denied {
  const words = wordsOf(text)
  if (words[1] !== 'sudo' && words[2] !== 'sudo')
    return { command: words[0] === 'exec' ? (words[3] ?? '') : text, input, stderr: '' }
  if (words[2] === '-n') return { denied: 'sudo: a password is required\n' }
  const [mark = '', command = ''] = words.slice(-2)
  const [given = '', ...rest] = input.toString('latin1').split('\n')
  if (given !== password)
    return { denied: 'Sorry, try again.\nsudo: 1 incorrect password attempt\n' }
  const at = rest.indexOf(mark)
  const left = at < 0 ? '' : rest.slice(at + 1).join('\n')
  return { command, input: Buffer.from(left, 'latin1'), stderr: `${mark}\n` }
}

/** Words of a shell text whose only quotes are single ones. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:'[^']*'|\\'|[^\s'\\])+/g) ?? []
  return words.map(word => word.replaceAll(/'([^']*)'|\\(')/g, '$1$2'))
}
