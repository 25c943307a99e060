const block = 512
const [sumAt, sumSize] = [148, 8]

/** The sum of a header, its own field taken for blanks: POSIX.1-1988, ustar. */
function sumOf(header: Uint8Array): number {
  return header.reduce(
    (sum, byte, at) => sum + (at >= sumAt && at < sumAt + sumSize ? 32 : byte),
    0,
  )
}

function writeSum(header: Buffer): void {
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0 `, sumAt, 'latin1')
}

/** A tar of those files. */
export function tarOf(files: Readonly<Record<string, string>>): Buffer {
  const pieces = Object.entries(files).flatMap(([name, text]) => {
    const content = Buffer.from(text)
    const header = Buffer.alloc(block)
    header.write(name, 0, 'latin1')
    header.write('0000600\x000000000\x000000000\x00', 100, 'latin1')
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
    header.write('00000000000\0', 136, 'latin1')
    header.write('0', 156, 'latin1')
    header.write('ustar\x0000', 257, 'latin1')
    writeSum(header)
    const rest = (block - (content.length % block)) % block
    return [header, content, Buffer.alloc(rest)]
  })
  return Buffer.concat([...pieces, Buffer.alloc(2 * block)])
}

/** The same with right sums, so that what was changed in a header is looked at. */
export function mendSums(tar: Buffer): Buffer {
  const mended = Buffer.from(tar)
  for (let at = 0; at + block <= mended.length; at += block) {
    const header = mended.subarray(at, at + block)
    if (header.toString('latin1', 257, 262) === 'ustar') writeSum(header)
  }
  return mended
}
