import { setup } from 'xstate'

/** What a change's life can be in; `stuck` is the only one that needs a human. */
export type ChangeState =
  | 'planned'
  | 'backedUp'
  | 'applying'
  | 'applied'
  | 'verified'
  | 'done'
  | 'undoing'
  | 'undone'
  | 'stuck'

/** The words of the host's log, and `kept`: the whole transaction was committed. */
export type ChangeEvent = {
  readonly type:
    | 'backed-up'
    | 'begin'
    | 'applied'
    | 'verified'
    | 'kept'
    | 'undo'
    | 'undone'
    | 'stuck'
    | 'failed'
    | 'note'
}

const types = {} as {
  context: { readonly needsBackup: boolean }
  input: { readonly needsBackup: boolean }
  events: ChangeEvent
}

/**
 * The life of one change, as the host's log tells it. An event that a state does not name is out of order, which
 * says that the log, or the host's script, cannot be trusted.
 */
export const changeMachine = setup({
  types,
  actions: { hear: () => undefined },
  guards: { touchesNoFile: ({ context }) => !context.needsBackup },
}).createMachine({
  id: 'change',
  context: ({ input }) => ({ needsBackup: input.needsBackup }),
  initial: 'planned',
  // An empty action, because XState takes an event with neither target nor action for one that is not allowed.
  on: { note: { actions: 'hear' }, failed: { actions: 'hear' } },
  states: {
    planned: {
      // What is built aside or changed in memory has no file to back up.
      on: { 'backed-up': 'backedUp', begin: { guard: 'touchesNoFile', target: 'applying' } },
    },
    backedUp: { on: { begin: 'applying', undo: 'undoing' } },
    applying: { on: { applied: 'applied', undo: 'undoing' } },
    applied: { on: { verified: 'verified', undo: 'undoing' } },
    verified: { on: { kept: 'done', undo: 'undoing' } },
    done: { on: { undo: 'undoing' } },
    // A rollback may begin again after a power cut, and is allowed to say so.
    undoing: { on: { undo: 'undoing', undone: 'undone', stuck: 'stuck' } },
    undone: { on: { undo: 'undoing' } },
    stuck: { on: { undo: 'undoing' } },
  },
})
