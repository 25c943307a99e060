import type { Exit } from '../model/exit.ts'
import type { SshSettings } from './settings.ts'

/** Bytes, or pieces of them one after the other, which many commands may share. */
export type Input = string | Uint8Array | readonly Uint8Array[]

/** What one command on a host needs beside its text. */
export type RunOptions = {
  /** For the command's standard input; closed after it. Nothing when absent. */
  readonly stdin?: Input
  /** The command is given up (`lost`) after this long. */
  readonly timeoutMs: number
  /** Called with each piece of standard error as it arrives; for progress only. */
  readonly onStderr?: (text: string) => void
  /** Standard output and error kept at the most, each; what is over it is cut. Default 8 MiB. */
  readonly limitBytes?: number
}

/**
 * One authenticated connection to one host. Commands run as root: where the login user is not root they go
 * through `sudo -n`. A connection that died is not reopened behind the caller's back: a new one is a new fact.
 */
export type Connection = {
  /** SHA256 fingerprint of the host key that was verified ("SHA256:…"), or 'local' for this very machine. */
  readonly hostKey: string
  /** `ssh user@address:port`, or 'local', for people. */
  readonly via: string
  /** Runs a POSIX sh command. Never throws: a dead link is `{ kind: 'lost' }`. */
  run(command: string, options: RunOptions): Promise<Exit>
  close(): Promise<void>
}

/** A host as the command line named it, resolved; connecting may be done as often as wanted, each time anew. */
export type Host = {
  readonly name: string
  /**
   * Variables that come with the host, by playbook name (lab hosts bring the driver sources made for them); those under
   * '*' are for any playbook (an inventory has them).
   */
  readonly vars: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** True for a throw-away host of `nicfix lab`. */
  readonly lab: boolean
  /** How SSH gets there; absent for this very machine. */
  readonly ssh?: SshSettings
  /** @throws {Problem} NF6xxx: unknown or changed host key, no route, refused, authentication, sudo. */
  connect(options?: { timeoutMs?: number }): Promise<Connection>
}
