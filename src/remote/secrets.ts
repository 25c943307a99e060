import { inSlot, makeSlots } from './slots.ts'

/** Puts one question to a person; undefined when there is no answer. `echo` lets what is typed be seen. */
export type Ask = (question: string, echo: boolean) => Promise<string | undefined>

/** Somebody at a terminal. */
export type Person = {
  readonly ask: Ask
  /** Says what is waited for, such as a touch of a key. */
  tell(text: string): void
}

/** What must not be written down, from whoever knows it. Kept in memory until nicfix ends, and nowhere else. */
export type Secrets = {
  /** Somebody is there to be asked. */
  readonly asks: boolean
  /** Asks, one question after the other however many hosts have one. */
  readonly ask: Ask
  readonly tell: Person['tell']
  /** The answer of the first time, for everybody who has the same question; undefined when nobody answers. */
  recall(question: string): Promise<string | undefined>
  /** Forgets an answer that was wrong, so that it is asked for anew. */
  forget(question: string, answer: string): Promise<void>
  /** The password that sudo wants of a user on the hosts; asked for once, for all of them. */
  sudoPassword(user: string): Promise<string | undefined>
}

/** Secrets from a person (nobody can be asked when absent), and the password of sudo where it is known already. */
export function makeSecrets(person?: Person, sudoPassword?: string): Secrets {
  const turns = makeSlots(1)
  const known = new Map<string, Promise<string | undefined>>()
  const ask: Ask = async (question, echo) =>
    person && inSlot(turns, () => person.ask(question, echo))
  const recall = (question: string): Promise<string | undefined> => {
    const answer = known.get(question) ?? ask(question, false)
    known.set(question, answer)
    return answer
  }
  return {
    asks: person !== undefined,
    ask,
    tell: text => person?.tell(text),
    recall,
    async forget(question, answer) {
      // Somebody else may have been given a better one meanwhile.
      if ((await known.get(question)) === answer) known.delete(question)
    },
    sudoPassword: async user => sudoPassword ?? recall(`Password of ${user} for sudo: `),
  }
}
