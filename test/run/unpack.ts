import { extract } from 'tar-stream'

/** The files in a tar archive, by name. */
export async function unpack(archive: Uint8Array): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  const reader = extract()
  reader.end(Buffer.from(archive))
  for await (const entry of reader) {
    const pieces: Uint8Array[] = []
    for await (const piece of entry) pieces.push(piece as Uint8Array)
    files.set(entry.header.name, Buffer.concat(pieces))
  }
  return files
}
