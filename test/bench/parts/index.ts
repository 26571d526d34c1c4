/** All parts, in the order in which they run. */
import { cpuPart } from './cpu'
import { demoPart } from './demo'
import { h2Part, tlsPart } from './encrypted'
import { latencyPart } from './latency'
import { linksPart } from './links'
import { memoryPart } from './memory'
import { offloadPart } from './offload'
import type { Part } from './part'
import { rangesPart } from './ranges'
import { storagePart } from './storage'

import { versionsPart } from './versions'
import { workersPart } from './workers'

export const PARTS: readonly Part[] = [
  cpuPart,
  tlsPart,
  h2Part,
  storagePart,
  demoPart,
  workersPart,
  offloadPart,
  linksPart,
  rangesPart,
  versionsPart,
  memoryPart,
  latencyPart,
]
