import { beginContext, effectState, stoppable, words } from './effect.ts'
import { runVersion } from './names.ts'

/**
 * One playbook on one host, from the first connection to the last proof. It decides order and way back, nothing
 * else: it knows no SSH, no time and no file. Until `trying` a failure leaves the host as it was; from there on
 * every failure goes through the rollback and its proof, or ends as `dirty` or `unknown`.
 */
export const runMachine = words.createMachine({
  id: 'run',
  version: runVersion,
  context: beginContext,
  initial: 'connecting',
  states: {
    connecting: {
      ...stoppable,
      ...effectState('connect', 'unreachable', { done: 'probing', interrupted: 'failed' }),
    },
    probing: {
      ...stoppable,
      ...effectState('probe', 'failed', { done: 'checking', lost: 'unreachable' }),
    },
    checking: {
      ...stoppable,
      ...effectState('check', 'failed', {
        done: 'staging',
        empty: 'unchanged',
        refused: 'refused',
      }),
    },

    staging: {
      ...stoppable,
      ...effectState('stage', 'withdrawing', {
        done: [{ guard: 'saysAndBuilds', to: 'building' }, { to: 'arming' }],
        locked: 'locked',
      }),
    },
    building: { ...stoppable, ...effectState('build', 'withdrawing', { done: 'arming' }) },
    arming: { ...stoppable, ...effectState('arm', 'withdrawing', { done: 'trying' }) },
    withdrawing: {
      invoke: {
        src: 'withdraw',
        input: null,
        onDone: [
          { guard: { type: 'says', params: { verdict: 'lost' } }, target: 'unreachable' },
          { guard: { type: 'says', params: { verdict: 'stuck' } }, target: 'dirty' },
          { guard: { type: 'endsAs', params: { verdict: 'refused' } }, target: 'refused' },
          { target: 'failed' },
        ],
        onError: [
          { guard: { type: 'endsAs', params: { verdict: 'refused' } }, target: 'refused' },
          { target: 'failed' },
        ],
      },
    },

    trying: {
      ...stoppable,
      ...effectState('try', 'rollingBack', { done: 'reconnecting', lost: 'waitingForHost' }),
    },
    reconnecting: {
      ...stoppable,
      ...effectState('reconnect', 'rollingBack', {
        done: 'verifying',
        lost: 'waitingForHost',
      }),
    },
    verifying: {
      ...stoppable,
      ...effectState('verify', 'rollingBack', {
        done: [{ guard: 'saysAndByHand', to: 'permitting' }, { to: 'confirming' }],
        lost: 'waitingForHost',
      }),
    },
    // What a person looks at first; the host goes on counting meanwhile.
    permitting: {
      ...stoppable,
      ...effectState('permit', 'rollingBack', { done: 'confirming', lost: 'waitingForHost' }),
    },
    confirming: {
      entry: 'markConfirmSent',
      ...effectState('confirm', 'rollingBack', { done: 'persisting', lost: 'waitingForHost' }),
    },
    persisting: effectState('persist', 'rollingBack', {
      done: 'proving',
      stuck: 'dirty',
      lost: 'waitingForHost',
    }),
    proving: effectState('prove', 'rollingBack', { done: 'releasing', lost: 'unknown' }),
    // Everything is proven: a lock that stays behind is worth a warning, not a rollback.
    releasing: effectState('release', 'changed', {}),

    waitingForHost: effectState('waitForHost', 'unknown', {
      undone: 'verifyingRollback',
      // A commit that this run did not ask for is not one it has verified.
      kept: [{ guard: 'saysAndConfirmSent', to: 'proving' }, { to: 'rollingBack' }],
      done: 'rollingBack',
      stuck: 'dirty',
    }),
    rollingBack: effectState('rollBack', 'unknown', { done: 'verifyingRollback', stuck: 'dirty' }),
    verifyingRollback: effectState('verifyRollback', 'dirty', {
      done: 'leaving',
      lost: 'unknown',
      interrupted: 'unknown',
    }),
    leaving: effectState('release', 'rolledBack', {}),

    changed: { type: 'final' },
    unchanged: { type: 'final' },
    failed: { type: 'final' },
    rolledBack: { type: 'final' },
    unreachable: { type: 'final' },
    dirty: { type: 'final' },
    unknown: { type: 'final' },
    locked: { type: 'final' },
    refused: { type: 'final' },
  },
})
