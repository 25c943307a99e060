import type { View } from './look.ts'
import type { Driver, Kind } from './modules.ts'
import type { Start } from './start.ts'

/** What "new" is with a module of that kind: as the control has it, but for the module's own identity. */
export function knownFor(start: Start, driver: Driver, kind: Kind, control: View | null): View {
  if (!control) return start.old
  const [good, now] = [start.modules[`${driver}-good`], start.modules[`${driver}-${kind}`]]
  if (!good || !now) throw new Error(`no module ${driver}-${kind}`)
  return {
    ...control,
    files: control.files.map(line => line.replace(good.sha256, now.sha256)).toSorted(),
    loaded: { ...control.loaded, [driver]: now.build },
  }
}
