import type { Ingredients } from './mutations.ts'

/** What a reader made of an input. Both are good answers. */
export type Answer = 'accepted' | 'refused'

/** One reader of a text that somebody else has written. */
export type Target = Ingredients & {
  /** Anything that it throws is a crash: what a reader may throw is caught in here. */
  readonly run: (input: Buffer) => Answer | Promise<Answer>
}

/** Something that has to be so whatever the input is, and is not. */
export class Broken extends Error {
  override readonly name = 'Broken'
}

/** @throws {Broken} */
export function demand(holds: boolean, what: string): void {
  if (!holds) throw new Broken(what)
}

const controls = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/u

/** Nothing of it disturbs a terminal. @throws {Broken} */
export function demandPlain(text: string): void {
  const found = controls.exec(text)
  const near = JSON.stringify(text.slice(Math.max(0, (found?.index ?? 0) - 40)).slice(0, 80))
  demand(found === null, `a control character would be printed: ${near}`)
}

/** Written as JSON and read again it is the same. @throws {Broken} */
export function demandKept(value: unknown): void {
  const text = JSON.stringify(value)
  demand(JSON.stringify(JSON.parse(text)) === text, 'it is not the same when it is read again')
}
