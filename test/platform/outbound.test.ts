/** Calls to chosen hosts: where they may lead, and that they go nowhere else. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import t from 'tap'
import { readConfig } from '../../core/platform/config.ts'
import { addressPolicy, parseNetwork } from '../../core/platform/networks.ts'
import { createOutbound, type Outbound, OutboundError, type Resolve } from '../../core/platform/outbound.ts'
import { startReceiver } from '../support/receiver.ts'

const networks = (...texts: string[]) => texts.map((text) => parseNetwork(text)!)

t.test('addresses that are nobody’s business', async (t) => {
  const isAllowed = addressPolicy([])
  const closed = [
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '10.0.0.1', '172.16.0.1', '172.31.255.255'],
    ...[
      '192.168.0.1',
      '169.254.169.254',
      '100.64.0.1',
      '100.100.100.200',
      '192.0.0.8',
      '192.0.2.1',
      '198.18.0.1',
    ],
    ...[
      '198.51.100.7',
      '203.0.113.7',
      '224.0.0.1',
      '239.1.1.1',
      '240.0.0.1',
      '255.255.255.255',
      '168.63.129.16',
    ],
    ...[
      '::',
      '::1',
      'fe80::1',
      'fc00::1',
      'fd12:3456::1',
      'fd00:ec2::254',
      'ff02::1',
      '2001:db8::1',
      '2001::1',
    ],
    ...['100::1', '2002:7f00:1::', '3fff::1', 'fec0::1', '::127.0.0.1', '64:ff9b:1::808:808'],
    // Version 4 in other clothes.
    ...[
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '0:0:0:0:0:ffff:a00:1',
      '::ffff:169.254.169.254',
      '::ffff:0.0.0.0',
    ],
    ...['64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '64:ff9b::a9fe:a9fe'],
    // No addresses at all.
    ...['', 'localhost', '127.1', '0x7f000001', 'fe80::1%eth0', '2606:4700::1%eth0'],
  ]
  for (const address of closed) t.equal(isAllowed(address), false, address || 'nothing')
  const open = ['8.8.8.8', '172.32.0.1', '100.128.0.1', '192.169.0.1', '2606:4700::1111', '2a00:1450:4001::1']
  for (const address of [...open, '::ffff:8.8.8.8', '64:ff9b::808:808'])
    t.equal(isAllowed(address), true, address)
})

t.test('networks that the operator opens', async (t) => {
  const rows: [opened: string[], address: string, allowed: boolean][] = [
    [['10.20.0.0/16'], '10.20.255.1', true],
    [['10.20.0.0/16'], '10.21.0.1', false],
    [['10.20.0.0/16'], '::ffff:10.20.0.1', true],
    [['10.20.0.0/16'], '64:ff9b::a14:1', true],
    [['fd12::/16'], 'fd12::99', true],
    [['10.0.0.5'], '10.0.0.5', true],
    [['10.0.0.5'], '10.0.0.6', false],
    [['127.0.0.0/8'], '127.0.0.1', false],
    [['0.0.0.0/0', '::/0'], '127.0.0.1', false],
    [['0.0.0.0/0', '::/0'], '169.254.169.254', false],
    [['0.0.0.0/0', '::/0'], '100.100.100.200', false],
    [['0.0.0.0/0', '::/0'], 'fe80::1', false],
    [['0.0.0.0/0', '::/0'], '192.168.1.1', true],
    [['0.0.0.0/0', '::/0'], '0.0.0.0', false],
    [['0.0.0.0'], '0.0.0.0', false],
    [['224.0.0.1'], '224.0.0.1', false],
    [['127.0.0.1'], '127.0.0.1', true],
    [['127.0.0.1/32'], '127.0.0.1', true],
    [['127.0.0.1'], '127.0.0.2', false],
    [['::1'], '::1', true],
    [['169.254.7.7/32'], '169.254.7.7', true],
  ]
  for (const [opened, address, allowed] of rows)
    t.equal(addressPolicy(networks(...opened))(address), allowed, `${address} with ${opened}`)
})

t.test('a network is written in CIDR form, or the start is refused', async (t) => {
  for (const text of [
    '10.0.0.0/33',
    '10.0.0/8',
    'fd00::/129',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    'studio',
    'fe80::1%eth0',
    '',
  ])
    t.equal(parseNetwork(text), null, text)
  const required = {
    DATABASE_URL: 'postgres://localhost/x',
    DATA_KEY: Buffer.alloc(32).toString('base64'),
    S3_ENDPOINT: 'http://localhost',
    S3_ACCESS_KEY: 'a',
    S3_SECRET_KEY: 'b',
  }
  t.throws(() => readConfig({ ...required, WEBHOOK_ALLOWED_CIDRS: '10.0.0.0/8, 10.0.0.0/99' }), {
    name: 'ConfigError',
    message: /WEBHOOK_ALLOWED_CIDRS holds "10.0.0.0\/99"/,
  })
})

const plainServices = {
  DATABASE_URL: 'postgres://framecast@postgres:5432/framecast',
  DATABASE_OWNER_URL: 'postgres://framecast@postgres:5432/framecast',
  S3_ENDPOINT: 'http://minio:9000',
  S3_PUBLIC_ENDPOINT: 'https://media.studio.example',
  SMTP_URL: '',
  COMFYUI_URLS: ['http://gpu-01:8188'],
  PREVIEW_URL: 'http://127.0.0.1:8190',
  APP_BASE_URL: 'https://framecast.studio.example',
}
const client = (resolve?: Resolve, over: Partial<Parameters<typeof createOutbound>[0]> = {}): Outbound =>
  createOutbound(
    { ...plainServices, WEBHOOK_ALLOW_INSECURE: true, WEBHOOK_ALLOWED_CIDRS: ['127.0.0.1'], ...over },
    resolve,
  )
const names =
  (table: Record<string, string[]>): Resolve =>
  async (hostname) => {
    const found = table[hostname]
    if (!found) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    return found
  }
const post = (outbound: Outbound, url: string, over: object = {}) =>
  outbound.send({
    method: 'POST',
    url,
    body: Buffer.from('{}'),
    headers: { 'content-type': 'application/json' },
    limitMs: 20_000,
    maxReplyBytes: 1_000,
    ...over,
  })
const faultOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'none'
  } catch (error) {
    return error instanceof OutboundError ? error.fault : String(error)
  }
}

t.test('one address that is not allowed spoils a name', async (t) => {
  const outbound = client(
    names({
      'good.example': ['8.8.8.8', '2606:4700::1111'],
      'half.example': ['8.8.8.8', '10.0.0.1'],
      'other-half.example': ['8.8.8.8', '::ffff:10.0.0.1'],
      'empty.example': [],
    }),
  )
  await t.resolves(outbound.check('https://good.example/hook'))
  for (const name of ['half.example', 'other-half.example'])
    t.equal(await faultOf(outbound.check(`https://${name}/hook`)), 'refused', name)
  t.equal(await faultOf(outbound.check('https://empty.example/hook')), 'network')
  t.equal(await faultOf(outbound.check('https://nowhere.example/hook')), 'network')
})

t.test('our own services are not reached, by name or by address, in an open network either', async (t) => {
  const outbound = client(
    names({
      postgres: ['10.0.0.2'],
      minio: ['10.0.0.3'],
      'gpu-01': ['10.0.0.4'],
      'alias.example': ['10.0.0.3'],
      'framecast.studio.example': ['10.0.0.9'],
      'media.studio.example': ['10.0.0.9'],
    }),
    { WEBHOOK_ALLOWED_CIDRS: ['10.0.0.0/8'] },
  )
  for (const url of [
    'http://postgres/',
    'http://MINIO.:80/',
    'http://gpu-01:8188/prompt',
    'http://alias.example:9000/',
    'http://10.0.0.2:5432/',
    'https://framecast.studio.example/v1/status',
  ])
    t.equal(await faultOf(outbound.check(url)), 'refused', url)
  await t.resolves(outbound.check('http://alias.example:8080/hook'), 'another port of the same machine')
  await t.resolves(outbound.check('http://framecast.studio.example:8080/hook'))
})

t.test(
  'the connection goes to the address that was looked at, under the name that was asked for',
  async (t) => {
    const receiver = await startReceiver(t)
    let lookups = 0
    const outbound = client(async (hostname) => {
      if (hostname !== 'hooks.example') return []
      lookups += 1
      return ['127.0.0.1']
    })
    for (const round of [1, 2]) {
      const reply = await post(outbound, receiver.url('/a?b=c', 'hooks.example'))
      t.equal(reply.status, 204)
      t.equal(lookups, round, 'looked up once for each call, and not again for the connection')
    }
    t.match(receiver.received[0], { path: '/a?b=c', headers: { host: `hooks.example:${receiver.port}` } })
    t.equal(receiver.received[0]!.headers.connection, 'close', 'no connection is kept for later')

    const moving = client(async () => (lookups++ % 2 === 0 ? ['127.0.0.1'] : ['10.0.0.1']))
    const outcomes = [
      await faultOf(post(moving, receiver.url('/x', 'moving.example'))),
      await faultOf(post(moving, receiver.url('/x', 'moving.example'))),
    ]
    t.ok(outcomes.includes('refused'), 'a name that has moved is looked at again')
    t.equal(
      receiver.received.filter(({ path }) => path === '/x').length,
      outcomes.filter((o) => o === 'none').length,
    )
  },
)

t.test('redirects are answers like any other', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = (_request, response) =>
    void response.writeHead(302, { location: receiver.url('/moved') }).end()
  t.equal((await post(client(), receiver.url())).status, 302)
  t.equal(receiver.received.length, 1)
})

t.test('only so much of an answer is read, whatever comes', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = (_request, response) => {
    response.writeHead(200)
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  }
  const endless = await post(client(), receiver.url())
  t.equal(endless.body.length, 1_000)
  receiver.answer = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half', () => response.destroy())
  }
  const broken = await post(client(), receiver.url())
  t.match(broken, { status: 200, body: Buffer.from('half') }, 'one that breaks off counts by its status')
  receiver.answer = (_request, response) => void response.writeHead(200).write('slow')
  const slow = await post(client(), receiver.url(), { limitMs: 2_000 })
  t.match(slow, { status: 200, body: Buffer.from('slow') }, 'and so does one that does not end')
})

t.test('no answer', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = () => {}
  t.equal(await faultOf(post(client(), receiver.url(), { limitMs: 300 })), 'timeout')
  receiver.answer = (_request, response) => void response.destroy()
  t.equal(await faultOf(post(client(), receiver.url())), 'network')
  t.equal(
    await faultOf(
      post(
        client(() => new Promise(() => {})),
        receiver.url('/', 'a.example'),
        { limitMs: 300 },
      ),
    ),
    'timeout',
  )
  const closed = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => closed.once('listening', resolve))
  const { port } = closed.address() as { port: number }
  await new Promise((resolve) => closed.close(resolve))
  const refused = await post(client(), `http://127.0.0.1:${port}/`).catch((error: Error) => error)
  t.match(refused, { fault: 'network', message: /ECONNREFUSED/ })
  const babble = createServer((socket) => void socket.end('hello\r\n\r\n')).listen(0, '127.0.0.1')
  await new Promise((resolve) => babble.once('listening', resolve))
  t.teardown(() => babble.close())
  t.equal(
    await faultOf(post(client(), `http://127.0.0.1:${(babble.address() as { port: number }).port}/`)),
    'network',
  )
  const gone = new AbortController()
  gone.abort(new Error('the caller left'))
  t.match(await faultOf(post(client(), receiver.url(), { signal: gone.signal })), /the caller left/)
})

t.test('TLS is verified against the name', async (t) => {
  const fixture = (name: string) =>
    readFileSync(new URL(`../fixtures/tls/hooks.example.${name}.pem`, import.meta.url), 'utf8')
  const receiver = await startReceiver(t, { key: fixture('key'), cert: fixture('cert') })
  const outbound = client(names({ 'hooks.example': ['127.0.0.1'], 'other.example': ['127.0.0.1'] }))
  const unknown = await post(outbound, receiver.url('/', 'hooks.example')).catch((error: Error) => error)
  t.match(unknown, { fault: 'network', message: /SELF_SIGNED/ })
  t.equal(receiver.received.length, 0, 'nothing was said to a stranger')

  const before = getCACertificates('default')
  setDefaultCACertificates([...before, fixture('cert')])
  t.teardown(() => setDefaultCACertificates(before))
  t.equal((await post(outbound, receiver.url('/', 'hooks.example'))).status, 204)
  const wrongName = await post(outbound, receiver.url('/', 'other.example')).catch((error: Error) => error)
  t.match(wrongName, { fault: 'network', message: /ALTNAME/ })
  t.equal(receiver.received.length, 1)
})
