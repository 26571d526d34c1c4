/** `express-signed-stream/testing`: the laws of a {@link TrackSource}, as tests for any test runner. */
export { sourceContract, type ContractTest } from './source-contract'
export type { EndFault, PutDetails, SourceFaults, SourceHarness } from './harness'
