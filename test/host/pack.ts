import { packStage } from '../../src/host/stage.ts'
import type { StageArchive, StageInput } from '../../src/host/stage.ts'

export type WholeInput = Omit<StageInput, 'script'> & { readonly script: string }

export type WholeArchive = Omit<StageArchive, 'archive'> & { readonly archive: Buffer }

/** What the controller sends to stage a run, in one piece. */
export async function packWhole({ script, ...input }: WholeInput): Promise<WholeArchive> {
  const packed = await packStage({ ...input, script: Buffer.from(script) })
  return { ...packed, archive: Buffer.concat(packed.archive) }
}
