/** An address as the page shows it: enough to tell listeners apart, not enough to find one. */
import { isIPv4, isIPv6 } from 'node:net'

export function maskAddress(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  if (address === '::1' || address.startsWith('127.')) return 'this machine'
  if (isIPv4(address)) return `${address.slice(0, address.lastIndexOf('.'))}.x`
  if (!isIPv6(address)) return 'unknown'
  const [first = '', second = ''] = address.split(':', 2)
  return `${first}:${second}:…`
}
