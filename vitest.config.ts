import { defineConfig } from 'vitest/config'

// `fast` needs nothing but this machine; `lab` boots real hosts in QEMU: it has two, and a file borrows one of them.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.lab.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/**/*.lab.test.ts'],
          fileParallelism: true,
          maxWorkers: 2,
          testTimeout: 900_000,
          hookTimeout: 1_800_000,
        },
      },
    ],
  },
})
