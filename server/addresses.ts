/** Where a request comes from, as far as it can be believed. */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { blockList, type Network } from '../core/platform/networks.ts'

/** `::ffff:10.0.0.1`, as sockets of both families have it, is 10.0.0.1. */
const plain = (address: string): string => address.trim().replace(/^::ffff:(?=\d+\.)/i, '')

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

export type AddressOf = (request: Pick<IncomingMessage, 'socket' | 'headers'>) => string

/**
 * Reads the address of a caller. `X-Forwarded-For` is believed as far as trusted proxies wrote it: from the right, up to the
 * first address that is not theirs.
 * @param trusted networks of our proxies
 */
export function createAddressOf(trusted: readonly Network[]): AddressOf {
  const proxies = blockList(trusted)
  const isProxy = (address: string): boolean => proxies.check(address, family(address))
  return ({ socket, headers }) => {
    let address = plain(socket.remoteAddress ?? '')
    const forwarded = String(headers['x-forwarded-for'] ?? '').split(',')
    while (isIP(address) !== 0 && isProxy(address)) {
      const before = plain(forwarded.pop() ?? '')
      // A proxy that names nobody, or something that is no address: then it is as far as we can see.
      if (isIP(before) === 0) break
      address = before
    }
    return address
  }
}

/** Who counts as one: an IPv6 customer has a network of 2^64 addresses, which are counted together. */
export function countedAs(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail = ''] = address.toLowerCase().split('%')[0]!.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === '' ? [] : tail.split(':')
  const gap = address.includes('::')
    ? Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
    : []
  const network = [...before, ...gap, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}
