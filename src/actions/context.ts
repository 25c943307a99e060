import type { Facts, FileFact, Nic } from '../model/facts.ts'
import type { BuildModule, Change, WriteFile } from '../model/plan.ts'
import type { Playbook, StepOf, Use } from '../model/playbook.ts'
import type { Problem } from '../problems.ts'

/** What is known of a driver source on the controller. */
export type Source = { readonly sha256: string; readonly size: number } | { readonly error: string }

type WithoutId<C> = C extends Change ? Omit<C, 'id'> : never

/** A change before it has its number. `from` names the step that builds, not yet the change. */
export type Draft = WithoutId<Change>

/** All that an action may look at. `nics` are the ports that the playbook selected. */
export type Context = {
  readonly host: string
  readonly facts: Facts
  readonly playbook: Playbook
  readonly nics: readonly Nic[]
  /** By the path as the playbook writes it. */
  readonly sources: Readonly<Record<string, Source>>
  /** Changes that earlier steps asked for. */
  readonly drafts: readonly Draft[]
}

/** What a step comes to: changes (none when all is as wanted) with remarks for people, or why it cannot be. */
export type Outcome =
  | {
      readonly changes: readonly Draft[]
      readonly notes: readonly string[]
      readonly warnings: readonly string[]
    }
  | { readonly problems: readonly Problem[] }

/** An action: from one step of the playbook and the facts to changes. Pure. */
export type Action<U extends Use> = (step: StepOf<U>, context: Context) => Outcome

/** Nothing to do, and why. */
export function leave(...notes: readonly string[]): Outcome {
  return { changes: [], notes, warnings: [] }
}

export function refuse(...problems: readonly Problem[]): { problems: readonly Problem[] } {
  return { problems }
}

/** The step that builds the module, by its id, or by the module's name. */
export function findBuildStep(
  playbook: Playbook,
  by: { id: string } | { module: string },
): StepOf<'driver.build'> | null {
  return (
    playbook.steps
      .filter(step => step.use === 'driver.build')
      .find(step => ('id' in by ? step.id === by.id : step.with.module === by.module)) ?? null
  )
}

/** The build that an earlier step asked for; null where it found that nothing has to be built. */
export function findBuild(drafts: readonly Draft[], step: string): Omit<BuildModule, 'id'> | null {
  return (
    (drafts.find(draft => draft.kind === 'build-module' && draft.step === step) as Omit<
      BuildModule,
      'id'
    > | null) ?? null
  )
}

/** All ports of the host that the driver drives: loading it anew takes them all down, selected or not. */
export function portsOf(facts: Facts, module: string): Nic[] {
  return facts.nics.filter(nic => nic.driver === module)
}

/** The file fact of a path, followed through a symlink: what lies there, and where it really lies. */
export function lookUp(facts: Facts, path: string): { path: string; file: FileFact } {
  const direct = facts.files[path]
  if (direct) return { path: direct.kind === 'file' ? direct.realPath : path, file: direct }
  const real = Object.values(facts.files).find(
    file => file.kind === 'file' && file.realPath === path,
  )
  return { path, file: real ?? { kind: 'absent' } }
}

/** sha256 of a path, 'absent' where nothing is, or what stands in its place. */
export function identify(facts: Facts, path: string): string {
  const { file } = lookUp(facts, path)
  return file.kind === 'file' ? file.sha256 : file.kind === 'absent' ? 'absent' : file.what
}

/** What an earlier step is going to write to that path. */
export function findWrite(drafts: readonly Draft[], path: string): Omit<WriteFile, 'id'> | null {
  return (
    (drafts.findLast(draft => draft.kind === 'write-file' && draft.path === path) as
      Omit<WriteFile, 'id'> | undefined) ?? null
  )
}
