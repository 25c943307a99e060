import { assign, setup } from 'xstate'

/** What matters of a host beside the name of its state. */
export type GuardContext = {
  /** What the transaction says it is doing; a dead guard leaves its last word. */
  readonly phase: Phase
  /** `watch`: the second trigger has taken over, and is both. */
  readonly guard: 'alive' | 'dead' | 'watch'
  readonly watch: 'alive' | 'dead'
  readonly boot: 'same' | 'other'
  /** The files of the boot path. */
  readonly files: 'old' | 'mixed' | 'new'
  /** The driver in the kernel, with all that hangs on it. */
  readonly driver: 'old' | 'none' | 'new'
  /** Whose the host is: this transaction's, a later one's, nobody's. */
  readonly lock: 'this' | 'other' | 'free'
  /** Was the trial begun, over a connection that is still open? */
  readonly fired: boolean
  /** Was nothing heard of the controller for a minute? */
  readonly idle: boolean
  /** Does the host end an open transaction when it boots, before anybody asks? */
  readonly trigger: boolean
  /** Exit code of the last verb. */
  readonly answer: number
}

export type Phase = 'built' | 'ready' | 'trying' | 'tried' | 'persisting' | 'rolling-back' | 'ended'

/** What somebody asks of the host; each is answered with an exit code. */
export const verbs = [
  'ARM',
  'FIRE',
  'CONFIRM',
  'CONFIRM_AGAIN',
  'CONFIRM_WRONG',
  'CONFIRM_OLD_CONNECTION',
  'EXTEND',
  'CANCEL',
  'ROLLBACK',
  'RELEASE',
  'STAGE_OTHER',
  'OTHER_LEAVES',
  'STATUS',
] as const

/** What happens to it: work that ends one way or the other, time that passes, processes and power that go. */
export const happenings = [
  'TRIAL_OK',
  'TRIAL_FAILED',
  'PERSIST_OK',
  'PERSIST_FAILED',
  'UNDO_OK',
  'UNDO_FAILED',
  'FIRE_WINDOW_OVER',
  'DEADLINE',
  'GUARD_KILLED',
  'GUARD_STUCK',
  'WATCH_KILLED',
  'BOOT',
] as const

export type Verb = (typeof verbs)[number]
export type GuardEvent = { readonly type: Verb | (typeof happenings)[number] }
export type GuardInput = Pick<GuardContext, 'trigger'>

const types = {} as { context: GuardContext; input: GuardInput; events: GuardEvent }

/** The words that guard.ts is written in. */
export const words = setup({
  types,
  guards: {
    isGuarded: ({ context }) => context.guard !== 'dead',
    isWatched: ({ context }) => context.guard === 'alive' && context.watch === 'alive',
    isFullyGuarded: ({ context }) => context.guard !== 'dead' && context.watch === 'alive',
    isDeserted: ({ context }) => context.guard === 'dead',
    isAbandoned: ({ context }) => context.idle || context.boot === 'other',
    isOtherBoot: ({ context }) => context.boot === 'other',
    isConnected: ({ context }) => context.fired && context.boot === 'same',
    isTriggered: ({ context }) => context.trigger,
    isHooked: ({ context }) => context.files !== 'old',
    isFree: ({ context }) => context.lock === 'free',
    isOurs: ({ context }) => context.lock === 'this',
    isOthers: ({ context }) => context.lock === 'other',
    isTrying: ({ context }) => context.guard !== 'dead' && context.phase === 'trying',
    isPersisting: ({ context }) => context.guard !== 'dead' && context.phase === 'persisting',
  },
  actions: {
    answer: assign({ answer: (_, { code }: { code: number }) => code }),
    say: assign({ phase: (_, { phase }: { phase: Phase }) => phase }),
    letBe: () => undefined,
    fire: assign({ fired: true }),
    wait: assign({ idle: true }),
    unload: assign({ driver: 'none' }),
    load: assign({ driver: 'new' }),
    writeSome: assign({ files: 'mixed' }),
    writeAll: assign({ files: 'new' }),
    restore: assign({ files: 'old', driver: 'old' }),
    // An undo that fails at the driver still does the files.
    restoreSome: assign({
      files: 'old',
      driver: ({ context }) => (context.driver === 'old' ? 'old' : 'none'),
    }),
    guard: assign({ guard: 'alive', watch: 'alive' }),
    recover: assign({ guard: 'alive', watch: 'dead' }),
    inherit: assign({ guard: 'watch' }),
    loseGuard: assign({ guard: 'dead', watch: 'dead' }),
    loseWatch: assign({ watch: 'dead' }),
    take: assign({ lock: 'this' }),
    giveAway: assign({ lock: 'other' }),
    letGo: assign({ lock: 'free' }),
    // The driver comes from the initramfs, which knows nothing of us.
    boot: assign({ guard: 'dead', watch: 'dead', boot: 'other', driver: 'old' }),
  },
})

export const answer = (code: number) => ({ type: 'answer', params: { code } }) as const
export const answers = (code: number) => ({ actions: answer(code) })
export const say = (phase: Phase) => ({ type: 'say', params: { phase } }) as const
