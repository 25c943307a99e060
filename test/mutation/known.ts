import type { Mutant } from './mutants.ts'

type Known = { readonly where: string; readonly leftOut: RegExp; readonly why: string }

/** Lines that no test on a simulated host can miss, each with the reason. Anything else that is missed is a missing test. */
const known: readonly Known[] = [
  {
    where: 'seize',
    leftOut: /^leave$/,
    why: 'the process that entered ends within moments, and the door opens with its end',
  },
  {
    where: 'release_lock',
    leftOut: /^sync /,
    why: 'a lock that a power cut brings back is of a run that is over: whoever comes next takes it',
  },
  {
    where: 'build',
    leftOut: /^sync$/,
    why: 'what was built is only used once the guard is armed, and arming syncs everything',
  },
  {
    where: 'verify_swap_driver',
    leftOut: /loaded build is/,
    why: 'the exchange has asked the same a moment ago',
  },
  {
    where: 'after_write',
    leftOut: /^sync "\$home"$/,
    why: 'the module goes with the hook, and after its depmod everything is synced',
  },
  {
    where: 'undo_after',
    leftOut: /^sync$/,
    why: 'the backup of the module index was damaged, so the run is called failed, and a human looks',
  },
]

/** Why no test need notice that this is left out; null when one must. */
export function whyUnnoticed({ where, leftOut }: Mutant): string | null {
  return known.find(each => each.where === where && each.leftOut.test(leftOut))?.why ?? null
}
