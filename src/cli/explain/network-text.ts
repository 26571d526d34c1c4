/** The networks of a link in the notation that people write. */
import type { LinkNetwork } from '../../signing/terms'

/** Such as `192.0.2.*` or `2001:db8::/48`. */
export function formatNetwork({ ip4, ip6 }: LinkNetwork): string {
  const networks = [
    ...(ip4 === undefined ? [] : [formatIp4(ip4)]),
    ...(ip6 === undefined ? [] : [formatIp6(ip6, `/${ip6.length * 4}`)]),
  ]
  return networks.join(' or ')
}

/** An address in the network. */
export function addressIn({ ip4, ip6 }: LinkNetwork): string | undefined {
  if (ip4 !== undefined) return formatIp4(ip4).replace('*', '1')
  return ip6 === undefined ? undefined : formatIp6(ip6, '')
}

function formatIp4(digits: string): string {
  const bytes = digits.match(/../g) ?? []
  return [...bytes.map(byte => parseInt(byte, 16)), '*'].slice(0, 4).join('.')
}

function formatIp6(digits: string, length: string): string {
  const groups = digits.padEnd(16, '0').match(/.{4}/g) ?? []
  while (groups.at(-1) === '0000') groups.pop()
  return `${groups.map(group => parseInt(group, 16).toString(16)).join(':')}::${length}`
}
