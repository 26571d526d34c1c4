/** `express-signed-stream/testing`: the laws of a {@link TrackSource} and of a {@link LinkState}, as tests for any test runner. */
export { sourceContract, type ContractTest } from './source-contract'
export { linkStateContract } from './link-state-contract'
export type { EndFault, PutDetails, SourceFaults, SourceHarness } from './harness'
export type { LinkStateHarness } from './link-state/harness'
