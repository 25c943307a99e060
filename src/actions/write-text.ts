import type { FileFact } from '../model/facts.ts'
import type { WriteFile } from '../model/plan.ts'
import type { Draft } from './context.ts'
import { compare, sha256, shorten } from './text.ts'

type Edit = Pick<WriteFile, 'step' | 'path' | 'reason' | 'mode' | 'owner'> & {
  /** What is at the path now. */
  readonly file: FileFact
  /** Its text when this change comes to it; null where there is none. */
  readonly before: string | null
  readonly text: string
  /** What it means for links, which it does not touch now. */
  readonly impact?: string
  readonly after?: WriteFile['after']
}

/** A file whose new text is known: written whole once the trial is confirmed, and brought back to the byte. */
export function writeText({ impact = 'none', after = null, ...edit }: Edit): Draft {
  const { step, path, reason, mode, owner, file, before, text } = edit
  return {
    kind: 'write-file',
    phase: 'persist',
    step,
    title: path,
    reason,
    certainty: 'exact',
    commands: [],
    impact: { link: 'none', seconds: 0, text: impact },
    undo: {
      class: 'exact',
      text:
        file.kind === 'file'
          ? `restore bytes, mode ${file.mode}, owner ${file.owner}`
          : 'remove the file',
      seconds: 1,
    },
    checks: [`sha256 ${shorten(sha256(text))}, mode ${mode}, owner ${owner}`],
    bounds: [],
    diff: compare(path, before, text),
    path,
    mode,
    owner,
    expect: before === null ? 'absent' : sha256(before),
    content: { text },
    after,
  }
}
