import type { Step } from '../model/playbook.ts'
import type { Context, Outcome } from './context.ts'
import { hookBoot } from './driver-boot-hook.ts'
import { buildDriver } from './driver-build.ts'
import { installDriver } from './driver-install.ts'
import { tryDriver } from './driver-trial.ts'
import { setPause } from './nic-pause.ts'
import { persistPause } from './nic-persist.ts'

/** The changes that one step of a playbook comes to on one host. */
export function expand(step: Step, context: Context): Outcome {
  switch (step.use) {
    case 'nic.pause':
      return setPause(step, context)
    case 'nic.persist':
      return persistPause(step, context)
    case 'driver.build':
      return buildDriver(step, context)
    case 'driver.trial':
      return tryDriver(step, context)
    case 'driver.install':
      return installDriver(step, context)
    case 'driver.boot-hook':
      return hookBoot(step, context)
  }
}
