/** Networks: which addresses are ours, and which ones a caller may make us connect to. Pure. */
import { BlockList, isIP } from 'node:net'

/** A network in CIDR form. */
export type Network = {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

const familyOf = (address: string): Network['family'] => (isIP(address) === 4 ? 'ipv4' : 'ipv6')

/** Reads `10.20.0.0/16`, `fd00::/8` or a lone address; null for anything else. */
export function parseNetwork(text: string): Network | null {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  const bits = version === 4 ? 32 : 128
  if (version === 0 || rest.length > 0 || address.includes('%')) return null
  if (prefix === undefined) return { address, prefix: bits, family: familyOf(address) }
  const length = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  return length <= bits ? { address, prefix: length, family: familyOf(address) } : null
}

export function blockList(networks: readonly Network[]): BlockList {
  const list = new BlockList()
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family)
  return list
}

const listed = (texts: readonly string[]): BlockList =>
  blockList(
    texts.map((text) => {
      const network = parseNetwork(text)
      if (!network) throw new Error(`not a network: ${text}`)
      return network
    }),
  )

/** Never an address of somebody: "any address" reaches this machine, the others reach many. */
const NEVER = listed(['0.0.0.0/8', '224.0.0.0/4', '255.255.255.255/32', '::/128', 'ff00::/8'])

/**
 * This machine, its link, and the places where clouds answer with credentials. A network that holds one of these by
 * chance does not open it.
 */
const ONLY_BY_NAME = listed([
  ...['127.0.0.0/8', '::1/128', '169.254.0.0/16', 'fe80::/10'],
  ...['fd00:ec2::254/128', '100.100.100.200/32', '168.63.129.16/32'],
])

/** Not on the public internet (IANA special-purpose registries). */
const NOT_PUBLIC_V4 = listed([
  ...['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.31.196.0/24'],
  ...['192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '240.0.0.0/4'],
])
/** Everything public in version 6 is in here, but for what is listed after it. */
const GLOBAL_V6 = listed(['2000::/3'])
const NOT_PUBLIC_V6 = listed(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20', '2620:4f:8000::/48'])

/** `64:ff9b::/96` carries an address of version 4 in its last four bytes; so do mapped ones. */
const CARRIERS = [listed(['64:ff9b::/96']), listed(['::ffff:0:0/96'])]

/** The eight groups of an IPv6 address. */
function groups(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const text = dotted
    ? `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`
    : address
  const [head = '', tail] = text.split('::')
  const parts = (half: string): number[] =>
    half === '' ? [] : half.split(':').map((part) => Number.parseInt(part, 16))
  const before = parts(head)
  const after = tail === undefined ? [] : parts(tail)
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}

/** The address that is really meant: one of version 4 where one of version 6 merely carries it. */
function meant(address: string): string {
  if (isIP(address) !== 6 || !CARRIERS.some((carrier) => carrier.check(address, 'ipv6'))) return address
  const [high = 0, low = 0] = groups(address).slice(6)
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function isPublic(address: string): boolean {
  if (ONLY_BY_NAME.check(address, familyOf(address))) return false
  if (familyOf(address) === 'ipv4') return !NOT_PUBLIC_V4.check(address, 'ipv4')
  return GLOBAL_V6.check(address, 'ipv6') && !NOT_PUBLIC_V6.check(address, 'ipv6')
}

/**
 * Says whether an address may be connected to: public ones, and those within the `opened` networks. Loopback,
 * link-local and metadata addresses need an entry of their own; multicast and "any" addresses stay closed.
 */
export function addressPolicy(opened: readonly Network[]): (address: string) => boolean {
  const networks = blockList(opened)
  const named = blockList(opened.filter(({ prefix, family }) => prefix === (family === 'ipv4' ? 32 : 128)))
  return (given) => {
    if (isIP(given) === 0 || given.includes('%')) return false
    const address = meant(given)
    const family = familyOf(address)
    if (NEVER.check(address, family)) return false
    if (isPublic(address)) return true
    return (ONLY_BY_NAME.check(address, family) ? named : networks).check(address, family)
  }
}
