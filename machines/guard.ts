import { answer, answers, say, words } from './guard-words.ts'

/** The exit codes of the script. */
const exit = { done: 0, unchanged: 1, tooLate: 3, failed: 5, locked: 7, refused: 8 } as const

const toUndo = '#host.rollback.undoing'

/** A guard that dies is followed by the second trigger; without that, nobody is there until somebody asks. */
const mortal = {
  GUARD_KILLED: [
    { guard: 'isWatched', target: toUndo, actions: 'inherit' },
    { guard: 'isGuarded', actions: 'loseGuard' },
  ],
  WATCH_KILLED: { guard: 'isWatched', actions: 'loseWatch' },
} as const

// A unit ends it before the network is there.
const unit = {
  guard: 'isTriggered',
  target: '#host.rolledBack',
  actions: ['boot', 'restore', 'letGo'],
} as const

/** The hook, once it is written, ends it beside the boot; without either nobody does before somebody asks. */
const powerCut = [
  unit,
  { guard: 'isHooked', target: toUndo, actions: ['boot', 'recover'] },
  { actions: 'boot' },
] as const

/** Where nobody works on it any more, a second run first brings it to its end. */
const rescue = [
  {
    guard: 'isDeserted',
    target: '#host.rolledBack',
    actions: ['giveAway', 'restore', answer(exit.done)],
  },
  answers(exit.locked),
] as const

const takeBack = [
  { guard: 'isDeserted', target: toUndo, actions: ['guard', answer(exit.done)] },
  { target: '#host.rollback.asked', actions: answer(exit.done) },
] as const

// The guard has nothing else to do.
const takeBackAtOnce = [takeBack[0], { target: toUndo, actions: answer(exit.done) }] as const

const undo = { target: toUndo, actions: ['guard', 'take', answer(exit.done)] } as const
const cancel = { target: '#host.cancelled', actions: ['letGo', answer(exit.done)] } as const
/** There is nothing to take back. */
const nothingToUndo = { CANCEL: answers(exit.done), ROLLBACK: answers(exit.done) }
/** Whoever confirms too late is told so; a boot since is said first. */
const late = [{ guard: 'isOtherBoot', ...answers(exit.refused) }, answers(exit.tooLate)] as const
const again = [{ guard: 'isOtherBoot', ...answers(exit.refused) }, answers(exit.done)] as const

/** The next run may come, and go again. */
const over = {
  RELEASE: answers(exit.done),
  STAGE_OTHER: { guard: 'isFree', actions: ['giveAway', answer(exit.done)] },
  DEADLINE: { guard: 'isFree', actions: 'letBe' },
} as const

/**
 * A host with one transaction, as its script answers and moves: what the tests of the script are generated from.
 * Work that takes time (`trying`, `confirmed`, `undoing`) stands still until an event says how it ended.
 */
export const guardMachine = words.createMachine({
  id: 'host',
  context: ({ input }) => ({
    phase: 'built',
    guard: 'dead',
    watch: 'dead',
    boot: 'same',
    files: 'old',
    driver: 'old',
    lock: 'this',
    fired: false,
    idle: false,
    trigger: input.trigger,
    answer: exit.done,
  }),
  initial: 'staged',
  on: {
    STATUS: answers(exit.done),
    ARM: answers(exit.unchanged),
    FIRE: answers(exit.unchanged),
    RELEASE: answers(exit.unchanged),
    CONFIRM: late,
    CONFIRM_WRONG: answers(exit.refused),
    EXTEND: late,
    CONFIRM_OLD_CONNECTION: { guard: 'isConnected', ...answers(exit.refused) },
    STAGE_OTHER: { guard: 'isOurs', ...answers(exit.locked) },
    OTHER_LEAVES: { guard: 'isOthers', actions: ['letGo', answer(exit.done)] },
    BOOT: { actions: 'boot' },
  },
  states: {
    staged: {
      on: {
        // Facts, and the snapshot of a network, do not outlive a boot.
        ARM: [
          { guard: 'isOtherBoot', ...answers(exit.refused) },
          { target: 'pending', actions: ['guard', answer(exit.done)] },
        ],
        CANCEL: cancel,
        ROLLBACK: cancel,
        FIRE_WINDOW_OVER: { actions: 'wait' },
        STAGE_OTHER: [
          { guard: 'isAbandoned', target: 'cancelled', actions: ['giveAway', answer(exit.done)] },
          answers(exit.locked),
        ],
      },
    },

    pending: {
      initial: 'ready',
      on: {
        ...mortal,
        BOOT: [unit, { actions: 'boot' }],
        STAGE_OTHER: rescue,
        CANCEL: takeBack,
        ROLLBACK: takeBack,
      },
      states: {
        // Nothing was changed yet: the guard just goes away.
        ready: {
          entry: say('ready'),
          on: {
            FIRE: [
              { guard: 'isFullyGuarded', target: 'trying', actions: ['fire', answer(exit.done)] },
              answers(exit.unchanged),
            ],
            CONFIRM: answers(exit.refused),
            EXTEND: answers(exit.refused),
            CANCEL: [takeBack[0], cancel],
            ROLLBACK: [takeBack[0], cancel],
            FIRE_WINDOW_OVER: [
              { guard: 'isGuarded', target: '#host.cancelled', actions: 'letGo' },
              { actions: 'letBe' },
            ],
          },
        },
        trying: {
          entry: [say('trying'), 'unload'],
          on: {
            FIRE: [{ guard: 'isFullyGuarded', ...answers(exit.done) }, answers(exit.unchanged)],
            CONFIRM: answers(exit.refused),
            EXTEND: answers(exit.refused),
            TRIAL_OK: { guard: 'isGuarded', target: 'tried' },
            TRIAL_FAILED: { guard: 'isGuarded', target: toUndo },
          },
        },
        tried: {
          entry: [say('tried'), 'load'],
          on: {
            FIRE: [{ guard: 'isFullyGuarded', ...answers(exit.done) }, answers(exit.unchanged)],
            CONFIRM: [
              { guard: 'isOtherBoot', ...answers(exit.refused) },
              { guard: 'isGuarded', target: '#host.confirmed', actions: answer(exit.done) },
              answers(exit.refused),
            ],
            EXTEND: [
              { guard: 'isOtherBoot', ...answers(exit.refused) },
              { guard: 'isGuarded', ...answers(exit.done) },
              answers(exit.refused),
            ],
            CANCEL: takeBackAtOnce,
            ROLLBACK: takeBackAtOnce,
            DEADLINE: [{ guard: 'isGuarded', target: toUndo }, { actions: 'letBe' }],
            GUARD_STUCK: { guard: 'isWatched', target: toUndo, actions: 'inherit' },
          },
        },
      },
    },

    confirmed: {
      entry: [say('persisting'), 'writeSome'],
      on: {
        ...mortal,
        CONFIRM: {},
        CONFIRM_AGAIN: again,
        EXTEND: answers(exit.refused),
        PERSIST_OK: { guard: 'isGuarded', target: 'committed' },
        PERSIST_FAILED: { guard: 'isGuarded', target: toUndo },
        CANCEL: takeBack,
        ROLLBACK: takeBack,
        STAGE_OTHER: rescue,
        BOOT: powerCut,
      },
    },

    committed: {
      entry: [say('ended'), 'writeAll', 'loseGuard', 'letGo'],
      on: {
        ...over,
        CONFIRM: {},
        CONFIRM_AGAIN: again,
        EXTEND: answers(exit.refused),
        CANCEL: [{ guard: 'isOthers', ...answers(exit.locked) }, undo],
        ROLLBACK: [{ guard: 'isOthers', ...answers(exit.locked) }, undo],
        // The hook loads what was confirmed, and ends what another run has left open.
        BOOT: { actions: ['boot', 'load', 'letGo'] },
      },
    },

    rollback: {
      initial: 'asked',
      on: { ...mortal, STAGE_OTHER: rescue, BOOT: powerCut },
      states: {
        // The guard is still in the middle of something, and takes it back when that ends.
        asked: {
          on: {
            TRIAL_OK: { guard: 'isTrying', target: 'undoing', actions: 'load' },
            TRIAL_FAILED: { guard: 'isTrying', target: 'undoing' },
            PERSIST_OK: { guard: 'isPersisting', target: 'undoing' },
            PERSIST_FAILED: { guard: 'isPersisting', target: 'undoing' },
            CANCEL: [takeBack[0], answers(exit.done)],
            ROLLBACK: [takeBack[0], answers(exit.done)],
          },
        },
        undoing: {
          entry: say('rolling-back'),
          on: {
            UNDO_OK: {
              guard: 'isGuarded',
              target: '#host.rolledBack',
              actions: ['restore', 'letGo'],
            },
            UNDO_FAILED: { guard: 'isGuarded', target: '#host.failed', actions: 'restoreSome' },
            CANCEL: [takeBack[0], answers(exit.done)],
            ROLLBACK: [takeBack[0], answers(exit.done)],
          },
        },
      },
    },

    rolledBack: { entry: [say('ended'), 'loseGuard'], on: { ...over, ...nothingToUndo } },
    cancelled: { entry: [say('ended'), 'loseGuard'], on: { ...over, ...nothingToUndo } },
    // The lock stays: nobody changes this host before a human, or another rollback, has mended it.
    failed: {
      entry: [say('ended'), 'loseGuard'],
      on: {
        RELEASE: answers(exit.done),
        CANCEL: undo,
        ROLLBACK: undo,
        CONFIRM: [{ guard: 'isOtherBoot', ...answers(exit.refused) }, answers(exit.failed)],
        EXTEND: [{ guard: 'isOtherBoot', ...answers(exit.refused) }, answers(exit.failed)],
      },
    },
  },
})
