import { beginContext, effectState, stoppable, words } from './effect.ts'
import { runVersion } from './names.ts'

/** The way back of a run that has ended or hangs: `nicfix rollback RUN`. */
export const undoMachine = words.createMachine({
  id: 'undo',
  version: runVersion,
  context: beginContext,
  initial: 'connecting',
  states: {
    connecting: {
      ...stoppable,
      ...effectState('connect', 'unreachable', { done: 'asking', interrupted: 'failed' }),
    },
    // `undone`: there is nothing left to roll back, which is proven all the same.
    asking: {
      ...stoppable,
      ...effectState('ask', 'failed', {
        done: 'rollingBack',
        undone: 'verifyingRollback',
        lost: 'unreachable',
      }),
    },
    rollingBack: effectState('rollBack', 'waitingForHost', {
      done: 'verifyingRollback',
      locked: 'locked',
      stuck: 'dirty',
    }),
    waitingForHost: effectState('waitForHost', 'unknown', {
      undone: 'verifyingRollback',
      stuck: 'dirty',
    }),
    verifyingRollback: effectState('verifyRollback', 'dirty', {
      done: 'leaving',
      lost: 'unknown',
      interrupted: 'unknown',
    }),
    leaving: effectState('release', 'rolledBack', {}),

    failed: { type: 'final' },
    rolledBack: { type: 'final' },
    unreachable: { type: 'final' },
    dirty: { type: 'final' },
    unknown: { type: 'final' },
    locked: { type: 'final' },
  },
})
