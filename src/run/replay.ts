import { initialTransition, transition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { runVersion } from '../../machines/names.ts'
import type { Cause, EffectName, Said } from '../../machines/names.ts'
import type { RunInput } from '../../machines/effect.ts'
import { problem, Trouble } from '../problems.ts'
import { askTheHost } from './journal.ts'
import type { Line } from './journal.ts'

type Moved = [AnyMachineSnapshot, readonly { readonly type: string; readonly params?: Next }[]]

/** The one effect that a state asks for, as data. */
export type Next = { readonly id: string; readonly src: EffectName }

/** Where a machine stands, and what it asks for next; null when it has come to its end. */
export type Standing = { readonly snapshot: AnyMachineSnapshot; readonly next: Next | null }

/** What a journal says of a run that nobody works on any more. */
export type Replayed = Standing & {
  /** An effect that was begun, and of which it is not known how it ended. */
  readonly begun: EffectName | null
  /** The reason of the last step that did not go well. */
  readonly last: Cause | null
  readonly hasEnded: boolean
}

export function begin(machine: AnyStateMachine, input: RunInput): Standing {
  return stand(machine, initialTransition(machine, input) as Moved)
}

/** Without the actors that XState makes for effects, and which nobody starts: a fleet would keep some for each host. */
function stand(machine: AnyStateMachine, [{ value, context }, actions]: Moved): Standing {
  const spawn = actions.findLast(({ type }) => type === 'xstate.spawnChild')?.params
  const next = spawn ? { id: spawn.id, src: spawn.src } : null
  return { snapshot: machine.resolveState({ value, context }), next }
}

/** The machine after the effect it asked for has ended. */
export function advance(machine: AnyStateMachine, standing: Standing, said: Said): Standing {
  const event = { type: `xstate.done.actor.${nextOf(standing).id}`, output: said }
  return stand(machine, transition(machine, standing.snapshot, event) as Moved)
}

export function nextOf({ next }: Standing): Next {
  if (!next) throw new Error('a state that is not final asks for nothing')
  return next
}

/**
 * Goes the way of a journal once more; nothing is done.
 * @throws {Trouble} NF5005 for a journal of another version of the machine, of another plan, or of another way
 */
export function replay(
  machine: AnyStateMachine,
  input: RunInput,
  plan: string,
  lines: readonly Line[],
): Replayed {
  const [first] = lines
  if (first?.kind !== 'begin') throw cannot('its journal has no beginning')
  if (first['machine'] !== machine.id || first['version'] !== runVersion) {
    const theirs = `${String(first['machine'])} ${String(first['version'])}`
    throw cannot('another version of nicfix has begun it', [
      `journal  machine ${theirs}`,
      `here     machine ${machine.id} ${runVersion}`,
    ])
  }
  if (first['plan'] !== plan) {
    const details = [`journal  ${String(first['plan'])}`, `folder   ${plan}`]
    throw cannot('its plan is not the one that it was begun with', details)
  }
  let standing = begin(machine, input)
  let begun: EffectName | null = null
  let last: Cause | null = null
  for (const line of lines) {
    if (line.kind !== 'intent' && line.kind !== 'end') continue
    const isActive = standing.snapshot.status === 'active'
    const isInTurn = (line.kind === 'intent') === (begun === null)
    if (!isActive || !isInTurn || line['effect'] !== nextOf(standing).src)
      throw cannot('its journal is not of the way that the machine goes', [
        `line ${line.seq + 1}: ${line.kind} ${String(line['effect'])}`,
      ])
    if (line.kind === 'intent') {
      begun = nextOf(standing).src
      continue
    }
    const { verdict, cause } = line as unknown as Said
    standing = advance(machine, standing, { verdict, ...(cause ? { cause } : {}) })
    begun = null
    last = cause ?? last
  }
  return { ...standing, begun, last, hasEnded: lines.some(({ kind }) => kind === 'outcome') }
}

function cannot(why: string, details: readonly string[] = []): Trouble {
  const message = `the run cannot be resumed: ${why}`
  return new Trouble(problem('NF5005', message, askTheHost, { details }))
}
