import { readdirSync, readFileSync } from 'node:fs'

const root = new URL('../../', import.meta.url)

export const readText = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** Every file of a folder whose name ends like that. */
export const filesOf = (folder: string, ending = ''): Buffer[] =>
  readdirSync(new URL(`${folder}/`, root))
    .filter(name => name.endsWith(ending))
    .toSorted()
    .map(name => readFileSync(new URL(`${folder}/${name}`, root)))

export const textsOf = (...texts: readonly string[]): Buffer[] =>
  texts.map(text => Buffer.from(text))

/** The words of a text, each once: what a format is made of. */
export const wordsOf = (...texts: readonly (string | Buffer)[]): string[] => [
  ...new Set(texts.flatMap(text => text.toString().match(/[\w$@][\w.:@/-]*/g) ?? [])),
]
