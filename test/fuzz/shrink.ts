/**
 * A smaller input that still fails: pieces are left out, halves first, as long as that is so.
 * @param fails whether an input fails in the same way
 * @param ms how long it may take
 */
export async function shrink(
  input: Buffer,
  fails: (input: Buffer) => Promise<boolean>,
  ms = 3000,
): Promise<Buffer> {
  let smallest = input
  const end = performance.now() + ms
  const goesOn = () => performance.now() < end
  for (let size = Math.ceil(input.length / 2); size >= 1 && goesOn(); size = Math.floor(size / 2)) {
    for (let at = 0; at < smallest.length && goesOn();) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)])
      if (await fails(without)) smallest = without
      else at += size
    }
  }
  return smallest
}
