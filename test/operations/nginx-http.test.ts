/** Every suite that asks over HTTP, asked once more through nginx as `demo/deploy/nginx.conf` configures it. */
import { unmetDifferences } from './nginx-differences'
import '../router.test'
import '../stream-handler.test'
import '../attacks.test'
import '../source/disk/disk-faults.test'
import '../source/disk/leaks.test'
import '../middleware/composed.test'
import '../pipeline/observer.test'
import '../peers/peers.test'

jest.mock('../support/server', () => jest.requireActual<object>('./nginx-server'))

it('differs behind nginx in all that is said to differ', () => {
  expect(unmetDifferences()).toEqual([])
})
