import type { Facts, Module } from '../model/facts.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { identify, leave, lookUp, refuse } from './context.ts'
import type { Action, Context, Draft } from './context.ts'
import { findRecord, isStock } from './driver.ts'
import { notLoaded, swapDriver } from './driver-trial.ts'
import { shorten } from './text.ts'

/** Loads the driver of the kernel's own package in place of the one that somebody put beside it, in memory only. */
export const tryStock: Action<'driver.stock'> = (step, context) => {
  const { module: name } = step.with
  const stock = findStock(context, name)
  if ('code' in stock) return refuse(stock)
  const { module, file, buildId } = stock
  if (module.buildId === buildId) return leave(`${name} of the kernel's own package is loaded`)
  return swapDriver(step.id, context, {
    module: name,
    // The file may say none: since Linux 5.9 the drivers of the tree have the kernel's.
    version: '',
    source: { file, sha256: identify(context.facts, file), buildId },
    file,
    says: [`build-id ${shorten(buildId)} loaded`],
  })
}

/** Takes every other copy of the driver off the disk, so that depmod has nothing to prefer to the kernel's own. */
export const removeCopies: Action<'driver.remove'> = (step, context) => {
  const { module: name } = step.with
  const stock = findStock(context, name)
  if ('code' in stock) return refuse(stock)
  const { facts } = context
  const others = stock.module.copies.filter(path => path !== stock.file)
  if (others.length === 0) return leave(`no copy of ${name} lies beside the kernel's own`)
  const changes = others.map((path, index) =>
    removal(step.id, facts, path, { instead: stock.file, isLast: index === others.length - 1 }),
  )
  return { changes, notes: [], warnings: warnOfInitramfs(stock.module) }
}

type Removal = { readonly instead: string; readonly isLast: boolean }

function removal(step: string, facts: Facts, path: string, { instead, isLast }: Removal): Draft {
  const { file } = lookUp(facts, path)
  const { mode, owner } = file.kind === 'file' ? file : { mode: '', owner: '' }
  return {
    kind: 'write-file',
    phase: 'persist',
    step,
    title: path,
    reason: `goes; a copy of it stays with the run, and ${instead} is loaded from now on`,
    certainty: 'exact',
    commands: isLast ? [`depmod -a ${facts.kernel}`] : [],
    impact: { link: 'none', seconds: 0, text: 'none' },
    undo: {
      class: 'exact',
      text: `restore bytes, mode ${mode}, owner ${owner}${isLast ? '; depmod' : ''}`,
      seconds: isLast ? 10 : 1,
    },
    checks: isLast
      ? ['the file is gone', `modinfo -n names ${instead}`, 'every initramfs untouched']
      : ['the file is gone'],
    bounds: [],
    diff: '',
    path,
    mode,
    owner,
    expect: identify(facts, path),
    content: { instead },
    after: isLast ? 'depmod' : null,
  }
}

type Stock = { readonly module: Module; readonly file: string; readonly buildId: string }

/** The kernel's own copy; or why going back to it is not for this playbook to do. */
function findStock(context: Context, name: string): Stock | Problem {
  const { facts, host } = context
  const no = (message: string, next: string, details: readonly string[]) =>
    problem('NF2031', message, next, { host, details })
  const module = facts.modules[name]
  if (!module) return notLoaded(context, name)
  const record = findRecord(facts, name)
  if (record)
    return no(
      `${name} ${record.version} was installed by nicfix: going back is the rollback of that run.`,
      `nicfix status --host ${host} shows the run, nicfix rollback RUN --host ${host} takes it back.`,
      [`found      /var/lib/nicfix/boot.d/${name}`],
    )
  const dkms = module.copies.filter(path => path.includes('/dkms/'))
  if (dkms.length > 0)
    return no(
      `DKMS installs ${name}: it would do so again with the next kernel.`,
      'Remove the driver from DKMS (dkms status, dkms remove), then plan again.',
      dkms.map(path => `found      ${path}`),
    )
  const file = module.copies.find(path => isStock(path, facts.kernel))
  const buildId = file === undefined ? null : module.copyBuildIds[file]
  if (file === undefined || !buildId)
    return no(
      `The kernel's own ${name} is not on the disk, or has no build-id to prove it by.`,
      `Install the package of kernel ${facts.kernel} anew.`,
      [`expected   a ${name}.ko below /lib/modules/${facts.kernel}/kernel/`],
    )
  return { module, file, buildId }
}

/** At boot the initramfs comes first, and nicfix never writes one. */
function warnOfInitramfs({ name, inInitramfs }: Module): string[] {
  if (inInitramfs === false) return []
  const carries = inInitramfs ? 'carries' : 'may carry'
  return [
    `the initramfs ${carries} a copy of ${name}, which loads first at boot: if it was made while the other driver was installed, make it anew by hand and boot once while you can reach the console`,
  ]
}
