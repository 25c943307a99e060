import { testTopologies } from './topology.ts'

testTopologies('lan-ports')
