// npm run test:lab: the tests on real hosts in QEMU. `-- --all` adds those that take long and show the same once more.
import { spawnSync } from 'node:child_process'

const words = process.argv.slice(2)
const env = { ...process.env, ...(words.includes('--all') ? { NICFIX_TOPOLOGIES: 'all' } : {}) }
const rest = words.filter(word => word !== '--all')
const { status } = spawnSync('vitest', ['run', '--project', 'lab', ...rest], {
  env,
  stdio: 'inherit',
})
process.exitCode = status ?? 1
