import { exitCodes } from './model/exit.ts'

/** Where in a file a problem is; line and column count from 1. */
export type Place = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly width?: number
}

export type Problem = {
  readonly code: ProblemCode
  readonly message: string
  /** More lines under the message: expected, found, evidence, the state the host is in. */
  readonly details: readonly string[]
  /** What to type next. */
  readonly next: string
  readonly exitCode: number
  readonly host?: string
  readonly place?: Place
  /** The source line that `place` points at, for the caret. */
  readonly source?: string
}

type Entry = { readonly exitCode: number; readonly about: string }

/**
 * Every error that nicfix can end with: code, exit code, and what it is about (for `nicfix explain` and the docs).
 * NF1 playbook and variables, 2 preflight on the host, 3 plan and approval, 4 step and verification,
 * 5 rollback and guard, 6 SSH and sudo, 7 lock, 8 lab, 9 nicfix itself.
 */
export const catalogue = {
  NF1001: { exitCode: exitCodes.invalid, about: 'a playbook that cannot be read' },
  NF1002: { exitCode: exitCodes.invalid, about: 'a playbook or an inventory that is not YAML' },
  NF1003: {
    exitCode: exitCodes.invalid,
    about: 'a value of the wrong kind in a playbook or an inventory',
  },
  NF1007: { exitCode: exitCodes.invalid, about: 'an unknown key in a playbook or an inventory' },
  NF1010: { exitCode: exitCodes.invalid, about: 'a variable that has no value' },
  NF1011: { exitCode: exitCodes.invalid, about: 'a variable that the playbook does not declare' },
  NF1012: {
    exitCode: exitCodes.usage,
    about: 'a variable on the command line that is neither name=value nor a file of them',
  },
  NF1020: { exitCode: exitCodes.invalid, about: 'steps that do not fit together' },
  NF1030: { exitCode: exitCodes.invalid, about: 'an inventory that cannot be read' },
  NF1031: {
    exitCode: exitCodes.invalid,
    about: 'hosts and groups of an inventory that do not fit together',
  },
  NF2001: { exitCode: exitCodes.failedUnchanged, about: 'a NIC that the host does not have' },
  NF2002: {
    exitCode: exitCodes.failedUnchanged,
    about: 'no NIC of the host is one that the playbook is for',
  },
  NF2010: {
    exitCode: exitCodes.failedUnchanged,
    about: 'a command that the playbook needs and the host lacks',
  },
  NF2011: {
    exitCode: exitCodes.failedUnchanged,
    about: 'kernel headers that are missing or of another kernel',
  },
  NF2012: { exitCode: exitCodes.failedUnchanged, about: 'too little free space on the host' },
  NF2013: { exitCode: exitCodes.failedUnchanged, about: 'a driver source that cannot be read' },
  NF2014: {
    exitCode: exitCodes.failedUnchanged,
    about: 'a driver source whose sha256 is not the expected one',
  },
  NF2020: {
    exitCode: exitCodes.refused,
    about: 'a condition under which the playbook must not run',
  },
  NF2021: { exitCode: exitCodes.refused, about: 'an outage longer than the playbook allows' },
  NF2022: {
    exitCode: exitCodes.refused,
    about: 'a setting that this driver cannot take or must not get',
  },
  NF2030: { exitCode: exitCodes.refused, about: 'a file whose layout nicfix does not edit' },
  NF2031: { exitCode: exitCodes.refused, about: 'a host that nicfix could not roll back' },
  NF2040: {
    exitCode: exitCodes.failedUnchanged,
    about: 'output of the probe that cannot be understood',
  },
  NF3001: { exitCode: exitCodes.refused, about: 'a plan that no longer fits the host' },
  NF3002: { exitCode: exitCodes.refused, about: 'a plan that nobody approved' },
  NF3003: { exitCode: exitCodes.invalid, about: 'a plan file that is not one' },
  NF3004: { exitCode: exitCodes.invalid, about: 'a facts file that is not one' },
  NF3005: { exitCode: exitCodes.refused, about: 'a kept plan that was applied already' },
  NF3006: { exitCode: exitCodes.invalid, about: 'a log or a bundle that cannot be diagnosed' },
  NF4001: { exitCode: exitCodes.failedUnchanged, about: 'staging on the host failed' },
  NF4002: { exitCode: exitCodes.failedUnchanged, about: 'the driver did not build' },
  NF4003: { exitCode: exitCodes.failedUnchanged, about: 'a built module that must not be loaded' },
  NF4004: { exitCode: exitCodes.failedUnchanged, about: 'the guard did not get ready' },
  NF4100: { exitCode: exitCodes.rolledBack, about: 'a step failed and was rolled back' },
  NF5001: { exitCode: exitCodes.dirty, about: 'a rollback that is not complete' },
  NF5002: { exitCode: exitCodes.unknown, about: 'contact lost, outcome unknown' },
  NF5003: { exitCode: exitCodes.failedUnchanged, about: 'a run that is not known on the host' },
  NF5004: {
    exitCode: exitCodes.refused,
    about: 'a window for the confirmation that is not there, or cannot be extended',
  },
  NF5005: { exitCode: exitCodes.refused, about: 'a run that cannot be resumed' },
  NF5006: { exitCode: exitCodes.unknown, about: 'a host that has no record of a run' },
  NF6001: { exitCode: exitCodes.unreachable, about: 'a host key that is not known' },
  NF6002: { exitCode: exitCodes.unreachable, about: 'a host key that changed or was revoked' },
  NF6003: { exitCode: exitCodes.unreachable, about: 'a host that cannot be reached' },
  NF6004: { exitCode: exitCodes.unreachable, about: 'a login that was not accepted' },
  NF6005: { exitCode: exitCodes.unreachable, about: 'no root rights on the host' },
  NF6006: { exitCode: exitCodes.usage, about: 'a host name that nicfix cannot resolve or trust' },
  NF6007: { exitCode: exitCodes.usage, about: 'a file with a password that cannot be used' },
  NF7001: { exitCode: exitCodes.locked, about: 'a host that another run has locked' },
  NF7002: {
    exitCode: exitCodes.locked,
    about: 'a run that a later one stands on: that one has to be taken back first',
  },
  NF7003: { exitCode: exitCodes.locked, about: 'a run that another process is at work on' },
  NF8001: { exitCode: exitCodes.failedUnchanged, about: 'something missing for the lab' },
  NF8002: { exitCode: exitCodes.failedUnchanged, about: 'a lab host that did not come up' },
  NF8003: { exitCode: exitCodes.usage, about: 'a lab host that does not exist or is not up' },
  NF9001: { exitCode: exitCodes.failedUnchanged, about: 'a Node that is too old' },
  NF9002: { exitCode: exitCodes.failedUnchanged, about: 'a fault inside nicfix' },
  NF9003: { exitCode: exitCodes.usage, about: 'something that is not there to be drawn' },
  NF9004: { exitCode: exitCodes.unknown, about: 'a command that came to no end' },
} as const satisfies Record<string, Entry>

export type ProblemCode = keyof typeof catalogue

/** Makes a problem; the exit code comes from the catalogue. */
export function problem(
  code: ProblemCode,
  message: string,
  next: string,
  more: {
    details?: readonly string[]
    host?: string
    place?: Place
    source?: string
    exitCode?: number
  } = {},
): Problem {
  const { details = [], exitCode = catalogue[code].exitCode, ...rest } = more
  return { code, message, next, details, exitCode, ...rest }
}

/** Carries one or more problems to the command that prints them. */
export class Trouble extends Error {
  readonly problems: readonly Problem[]
  constructor(...problems: readonly Problem[]) {
    super(problems.map(each => `${each.code}: ${each.message}`).join('\n'))
    this.name = 'Trouble'
    this.problems = problems
  }
}
