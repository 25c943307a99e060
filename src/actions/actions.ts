import type { Step } from '../model/playbook.ts'
import type { Context, Outcome } from './context.ts'
import { hookBoot } from './driver-boot-hook.ts'
import { buildDriver } from './driver-build.ts'
import { installDriver } from './driver-install.ts'
import { removeCopies, tryStock } from './driver-revert.ts'
import { tryDriver } from './driver-trial.ts'
import { runOnHost } from './host-run.ts'
import { persistSettings } from './nic-persist.ts'
import { trySetting } from './nic-set.ts'

/** The changes that one step of a playbook comes to on one host. */
export function expand(step: Step, context: Context): Outcome {
  switch (step.use) {
    case 'nic.pause':
      return trySetting('pause', { id: step.id, wanted: step.with }, context)
    case 'nic.offload':
      return trySetting('offload', { id: step.id, wanted: step.with }, context)
    case 'nic.ring':
      return trySetting('ring', { id: step.id, wanted: step.with }, context)
    case 'nic.eee':
      return trySetting('eee', { id: step.id, wanted: step.with }, context)
    case 'nic.persist':
      return persistSettings(step, context)
    case 'driver.build':
      return buildDriver(step, context)
    case 'driver.trial':
      return tryDriver(step, context)
    case 'driver.install':
      return installDriver(step, context)
    case 'driver.boot-hook':
      return hookBoot(step, context)
    case 'driver.stock':
      return tryStock(step, context)
    case 'driver.remove':
      return removeCopies(step, context)
    case 'host.run':
      return runOnHost(step, context)
  }
}
