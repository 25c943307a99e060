import { defineConfig } from 'vitest/config'

// `fast` and `matrix` (kill points, full disks, races, many SSH servers: minutes) need nothing but this machine; `lab` boots real hosts in QEMU: it has two, and a file borrows one of them.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{lab,matrix,slow}.test.ts'],
          env: { NICFIX_SHELLS: 'dash' },
          // They mostly wait: for a clock of the simulated host, for a server.
          maxWorkers: 4,
          // Ends what hangs; a machine that starts processes slowly takes five times what a quick one does.
          testTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'matrix',
          include: ['test/**/*.{matrix,slow}.test.ts', 'test/host/sim.test.ts'],
          env: { NICFIX_SHELLS: 'ash bash mksh' },
          maxWorkers: 3,
          // All points of one scenario take longer than the share of them.
          testTimeout: process.env['NICFIX_MATRIX'] === 'full' ? 7_200_000 : 1_200_000,
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
