import { hostScript } from '../../../src/host/script.ts'
import type { EventName } from '../../machines/tours.ts'

/** A script with one mistake in it, and a walk whose last event shows it. */
export type Mutant = {
  readonly mistake: string
  readonly text: string
  readonly wrong: string
  readonly walk: readonly EventName[]
}

const tried = ['ARM', 'FIRE', 'TRIAL_OK'] as const

export const mutants: readonly Mutant[] = [
  {
    mistake: 'a change of state always succeeds',
    text: '  [ $how -eq 0 ] || return 1\n',
    wrong: '',
    walk: ['ARM', 'ROLLBACK'],
  },
  {
    mistake: 'any word confirms',
    text: '[ -n "$token" ] && [ "$token" = "$got" ]',
    wrong: '[ -n "$token" ]',
    walk: [...tried, 'CONFIRM_WRONG'],
  },
  {
    mistake: 'the connection of the trial confirms',
    text: '[ "$way" != "$got" ] ||',
    wrong: ': ||',
    walk: [...tried, 'CONFIRM_OLD_CONNECTION'],
  },
  {
    mistake: 'a late confirmation is taken',
    text: '  *) confirm_late ;;',
    wrong: '  *) become "$state" confirmed ;;',
    walk: [...tried, 'DEADLINE', 'CONFIRM'],
  },
  {
    mistake: 'another boot confirms',
    text: 'die 8 "wrong token"\n  is_same_boot ||',
    wrong: 'die 8 "wrong token"\n  : ||',
    walk: [...tried, 'CONFIRM', 'PERSIST_OK', 'BOOT', 'CONFIRM_AGAIN'],
  },
  {
    mistake: 'what was staged before a boot is armed',
    text: 'arm() {\n  local limit\n  is staged || die 1 "the transaction is $state"\n  is_same_boot ||',
    wrong: 'arm() {\n  local limit\n  is staged || die 1 "the transaction is $state"\n  : ||',
    walk: ['BOOT', 'ARM'],
  },
  {
    mistake: 'a second attempt takes a broken network for the one to restore',
    text: '  [ "$got" != "$this_boot" ] || return 0\n  shift 2\n  [ $# -gt 0 ] || return 0\n',
    wrong: '  shift 2\n',
    walk: [...tried, 'CONFIRM', 'PERSIST_OK', 'ROLLBACK', 'UNDO_FAILED', 'ROLLBACK', 'UNDO_OK'],
  },
  {
    mistake: 'the guard waits for ever',
    text: 'if [ "$clock" -ge "$deadline" ]; then',
    wrong: 'if false; then',
    walk: [...tried, 'DEADLINE'],
  },
  {
    mistake: 'the second trigger never takes over',
    text: 'if is staged; then [ $misses -ge 20 ] || continue; else [ $misses -ge 2 ] || continue; fi',
    wrong: 'continue',
    walk: [...tried, 'GUARD_KILLED'],
  },
  {
    mistake: 'a trial begins without a second trigger',
    text: 'is pending && alive "$tx/guard" && alive "$tx/watch" || die 1',
    wrong: 'is pending && alive "$tx/guard" || die 1',
    walk: ['ARM', 'WATCH_KILLED', 'FIRE'],
  },
  {
    mistake: 'a rollback leaves the driver',
    text: 'undo_swap_driver() {\n',
    wrong: 'undo_swap_driver() {\n  return 0\n',
    walk: [...tried, 'ROLLBACK', 'UNDO_OK'],
  },
  {
    mistake: 'a rollback leaves a file',
    text: '= absent ]; then\n      rm -f "$path"',
    wrong: '= absent ]; then\n      :',
    walk: [...tried, 'CONFIRM', 'PERSIST_OK', 'ROLLBACK', 'UNDO_OK'],
  },
  {
    mistake: 'a second run takes a host that is not free',
    text: '[ ! -d "$tx/token" ] || return 1',
    wrong: '[ ! -d "$tx/token" ] || return 0',
    walk: [...tried, 'STAGE_OTHER'],
  },
  {
    mistake: 'a failed rollback says that it went well',
    text: '    become rollback failed\n',
    wrong: '    become rollback rolled-back\n',
    walk: [...tried, 'ROLLBACK', 'UNDO_FAILED'],
  },
  {
    mistake: 'the end keeps the host',
    text: '  release_lock\n  remove_trigger',
    wrong: '  remove_trigger',
    walk: ['CANCEL'],
  },
]

export function mutate({ mistake, text, wrong }: Mutant): string {
  const script = hostScript()
  if (script.split(text).length !== 2)
    throw new Error(`the script has no such place, or many, for: ${mistake}`)
  return script.replace(text, () => wrong)
}
