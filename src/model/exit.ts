/** The three ends of an effect. `lost` means that the link died: it may still be running over there. */
export type Exit =
  | {
      readonly kind: 'exited'
      readonly code: number
      readonly stdout: string
      readonly stderr: string
    }
  | {
      readonly kind: 'killed'
      readonly signal: string
      readonly stdout: string
      readonly stderr: string
    }
  | {
      readonly kind: 'lost'
      readonly why: string
      readonly stdout: string
      readonly stderr: string
    }

/** Process exit codes of nicfix. Over a fleet the worst wins, in the order of `worst`. */
export const exitCodes = {
  ok: 0,
  failedUnchanged: 1,
  changesPending: 2,
  rolledBack: 3,
  unreachable: 4,
  dirty: 5,
  unknown: 6,
  locked: 7,
  refused: 8,
  usage: 64,
  invalid: 65,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

const worstFirst: readonly number[] = [5, 6, 3, 7, 8, 4, 65, 64, 1, 2, 0]

/** The code that stands for many hosts: the first of 5 6 3 7 8 4 1 0 that occurs. */
export function worst(codes: readonly number[]): number {
  return worstFirst.find(code => codes.includes(code)) ?? 0
}
