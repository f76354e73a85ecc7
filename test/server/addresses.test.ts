import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { parseNetwork } from '../../core/platform/networks.ts'
import { countedAs, createAddressOf } from '../../server/addresses.ts'

const addressOf = createAddressOf(
  ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'].flatMap((text) => parseNetwork(text) ?? []),
)
const request = (remoteAddress: string | undefined, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage

for (const [what, from, forwarded, address] of [
  ['nobody in between', '203.0.113.5', undefined, '203.0.113.5'],
  ['a stranger who claims to be a proxy', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
  ['a proxy of ours', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['a lone address of ours', '192.0.2.7', '198.51.100.1', '198.51.100.1'],
  ['a proxy of ours on a socket of both families', '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['two of ours in a row', '10.1.2.3', '198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['a caller who writes the header first', '10.1.2.3', '1.2.3.4, 198.51.100.1', '198.51.100.1'],
  ['a caller who writes our own address first', '10.1.2.3', '10.0.0.1, 198.51.100.1', '198.51.100.1'],
  ['version 6 all the way', 'fd00::1', '2001:db8::5', '2001:db8::5'],
  ['a proxy of ours that names nobody', '10.1.2.3', undefined, '10.1.2.3'],
  ['a header that holds nonsense', '10.1.2.3', 'unknown', '10.1.2.3'],
  ['nonsense behind a proxy of ours', '10.1.2.3', '<script>, 10.0.0.1', '10.0.0.1'],
  ['only proxies of ours', '10.1.2.3', '10.0.0.1', '10.0.0.1'],
  ['a socket that is gone', undefined, '198.51.100.1', ''],
] as const)
  t.equal(addressOf(request(from, forwarded)), address, what)

for (const [address, counted] of [
  ['203.0.113.5', '203.0.113.5'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
] as const)
  t.equal(countedAs(address), counted, `${address} is counted as ${counted}`)
