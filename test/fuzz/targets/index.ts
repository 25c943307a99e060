import type { Target } from '../target.ts'

/** Every reader of a text that somebody else has written, by name. Each is loaded alone: its memory is measured. */
export const targets: Readonly<Record<string, () => Promise<Target>>> = {
  playbook: async () => (await import('./playbook.ts')).playbookTarget,
  inventory: async () => (await import('./inventory.ts')).inventoryTarget,
  probe: async () => (await import('./facts.ts')).probeTarget,
  'kept-facts': async () => (await import('./facts.ts')).keptFactsTarget,
  plan: async () => (await import('./plan.ts')).planTarget,
  journal: async () => (await import('./journal.ts')).journalTarget,
  answer: async () => (await import('./answer.ts')).answerTarget,
  'known-hosts': async () => (await import('./ssh.ts')).knownHostsTarget,
  'ssh-settings': async () => (await import('./ssh.ts')).settingsTarget,
  'ssh-log': async () => (await import('./ssh.ts')).sshLogTarget,
  'kernel-log': async () => (await import('./diagnose.ts')).logTarget,
  collected: async () => (await import('./diagnose.ts')).collectedTarget,
  bundle: async () => (await import('./diagnose.ts')).bundleTarget,
  interfaces: async () => (await import('./edits.ts')).interfacesTarget,
  'rc-local': async () => (await import('./edits.ts')).rcLocalTarget,
  'setting-files': async () => (await import('./edits.ts')).settingFilesTarget,
}

/** @throws {Error} where there is no such target */
export function loadTarget(name: string): Promise<Target> {
  const load = targets[name]
  if (!load) throw new Error(`no target ${name}; there are: ${Object.keys(targets).join(', ')}`)
  return load()
}
