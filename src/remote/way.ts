import type { Deadline } from './deadline.ts'
import type { Secrets } from './secrets.ts'
import type { Party } from './troubles.ts'

/** What a transport needs to open a connection. */
export type Way = {
  readonly party: Party
  /** Who may be asked; nobody when absent. */
  readonly secrets: Secrets | undefined
  /** How often the link is checked; it is given up after the third silence. */
  readonly keepaliveMs: number
  readonly deadline: Deadline
}
