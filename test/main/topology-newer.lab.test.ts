import { newer } from '../../src/lab/releases.ts'
import { testTopologies } from './topology.ts'

testTopologies('two-ports', newer)
