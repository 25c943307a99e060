import type { Nic } from '../model/facts.ts'
import { settingNames } from '../model/playbook.ts'
import type { Setting, StepOf, Wanted } from '../model/playbook.ts'
import { refuse } from './context.ts'
import type { Context } from './context.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { judgeEee } from './eee.ts'
import { judgeOffload } from './offload.ts'
import { judgePause } from './pause.ts'
import { judgeRing } from './ring.ts'
import type { Judge, Place, Verdict } from './setting.ts'

const judges: { readonly [S in Setting]: Judge<S> } = {
  pause: judgePause,
  offload: judgeOffload,
  ring: judgeRing,
  eee: judgeEee,
}

/** What a setting comes to on one port; NF2022 where the port cannot take it, or must not get it. */
export function judgeSetting<S extends Setting>(
  setting: S,
  nic: Nic,
  wanted: Wanted[S],
  place: Place,
): Verdict | Problem {
  return judges[setting](nic, wanted, place)
}

/** The same for all that a step keeps, each with its name. */
export function judgeAll(
  nic: Nic,
  { id, with: kept }: StepOf<'nic.persist'>,
  { host, playbook }: Pick<Context, 'host' | 'playbook'>,
): [Setting, Verdict | Problem][] {
  return settingNames.flatMap((setting): [Setting, Verdict | Problem][] => {
    const wanted = kept[setting]
    return wanted
      ? [
          [
            setting,
            judgeSetting(setting, nic, wanted, {
              host,
              step: id,
              accepted: playbook['accept-risk'],
            }),
          ],
        ]
      : []
  })
}

/** What a step keeps, for people: "pause", "offload and ring". */
export const nameKept = ({ with: kept }: StepOf<'nic.persist'>): string =>
  settingNames.filter(setting => kept[setting] !== undefined).join(' and ')

/** NF2030: why the settings cannot be kept on that host. */
export const cannotKeep = (
  host: string,
  message: string,
  next: string,
  ...details: readonly string[]
): ReturnType<typeof refuse> => refuse(problem('NF2030', message, next, { host, details }))
