// What no reader expects, whatever its format is.

export const numbers = [
  '0',
  '-1',
  '1',
  '007',
  '2147483648',
  '4294967295',
  '9007199254740993',
  '99999999999999999999999999',
  '1e999',
  '-1e-999',
  '0x7fffffff',
  '1.7976931348623157e308',
  'NaN',
  '.5',
  '1_000',
  '٣',
] as const

/** Control characters, escapes for a terminal, what turns the direction of writing, what only looks like a blank. */
export const odd = [
  '\0',
  '\r',
  '\r\n',
  '\t',
  '\u001b[2J\u001b[H',
  '\u001b]0;title\u0007',
  '\u0085',
  '\u009b31m',
  '\u00a0',
  '\u2028',
  '\u202e',
  '\u2066',
  '\ufeff',
  '\ufffd',
  'ｅｎｏ１',
  'ß',
  'İ',
  '👩‍👩‍👧',
] as const

/** Names that every object has already. */
export const inherited = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
  'valueOf',
] as const

type Nest = { readonly open: string; readonly inside: string; readonly close: string }

export const deep: readonly Nest[] = [
  { open: '[', inside: '', close: ']' },
  { open: '{a: ', inside: '', close: '}' },
  { open: '{"a":', inside: '1', close: '}' },
  { open: '(', inside: '', close: ')' },
  { open: '$(', inside: 'x', close: ')' },
  { open: '"$(', inside: 'x', close: ')"' },
  { open: '${', inside: 'x', close: '}' },
  { open: '- ', inside: 'x', close: '' },
  { open: '? ', inside: 'x', close: '' },
  { open: '> ', inside: 'x', close: '' },
]
