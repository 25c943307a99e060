import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { findBuild, findBuildStep, identify, leave, refuse } from './context.ts'
import type { Action, Context } from './context.ts'
import { isStock, strangers } from './driver.ts'
import { unknownBuild } from './driver-trial.ts'
import { shorten } from './text.ts'

/** Puts the module that was tried where depmod prefers it, beside the kernel's own file, which stays as it is. */
export const installDriver: Action<'driver.install'> = (step, context) => {
  const buildStep = findBuildStep(context.playbook, { id: step.with.from })
  if (!buildStep) return refuse(unknownBuild(context, step.id, step.with.from))
  const build = findBuild(context.drafts, buildStep.id)
  if (!build) return leave()
  const ambiguous = judgeCopies(context, build.module)
  if (ambiguous) return refuse(ambiguous)
  if (isStock(build.target, build.kernel))
    throw new Error(`a stock module is never written: ${build.target}`)

  const expect = identify(context.facts, build.target)
  return {
    notes: [],
    warnings: [
      `${build.module} ${build.version} does not follow kernel updates: another kernel boots its own driver. Apply again then.`,
    ],
    changes: [
      {
        kind: 'write-file',
        phase: 'persist',
        step: step.id,
        title: build.target,
        reason:
          expect === 'absent'
            ? 'new file; the stock module stays'
            : `replaces ours of sha256 ${shorten(expect)}`,
        certainty: 'at-apply',
        commands: [`depmod -a ${build.kernel}`],
        impact: { link: 'none', seconds: 0, text: 'none' },
        undo: {
          class: 'exact',
          text: expect === 'absent' ? 'remove the file; depmod' : 'restore bytes; depmod',
          seconds: 10,
        },
        checks: [
          'the very bytes that were tried',
          `modinfo -n ${build.module} names this file`,
          'every initramfs untouched',
        ],
        bounds: [],
        diff: '',
        path: build.target,
        mode: '0644',
        owner: '0:0',
        expect,
        content: { from: buildStep.id, output: 'module.ko' },
        after: 'depmod',
      },
    ],
  }
}

/** depmod(8) picks one of several copies in the same class by the order of the directory: nobody can promise which. */
function judgeCopies({ facts, host }: Context, name: string): Problem | null {
  const module = facts.modules[name]
  const extra = module ? strangers(module, facts.kernel) : []
  if (extra.length === 0) return null
  const isDkms = extra.some(path => path.includes('/dkms/'))
  return problem(
    'NF2031',
    `There are more copies of ${name} than the kernel's own: which one loads would be a matter of luck.`,
    isDkms
      ? 'Remove the driver from DKMS (dkms status, dkms remove), then plan again.'
      : 'Move them out of /lib/modules, run depmod, then plan again.',
    { host, details: extra.map(path => `found      ${path}`) },
  )
}
