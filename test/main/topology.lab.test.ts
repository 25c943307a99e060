import { testTopologies } from './topology.ts'

testTopologies('two-ports')
