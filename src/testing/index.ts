/**
 * `express-signed-stream/testing`: the laws of a `TrackSource` and of a `LinkState`, as tests for any test runner.
 *
 * @module testing
 */
export { sourceContract, type ContractTest } from './source-contract'
export { linkStateContract } from './link-state-contract'
export type { EndFault, PutDetails, SourceFaults, SourceHarness } from './harness'
export type { LinkStateHarness } from './link-state/harness'
