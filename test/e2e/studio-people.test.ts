/**
 * Team and account in real browsers, over real processes: somebody is invited and comes, a key is made and used, a
 * webhook is called, a film is paid for, a session is ended from elsewhere. The first browser is used by keys alone.
 * With SCREENSHOT_DIR set, the pictures it takes are kept there.
 */
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { grant } from '../../core/jobs/credits.ts'
import { transaction } from '../../core/platform/database.ts'
import type { Job, UsageDays } from '../../schemas/types.ts'
import { noBrowser } from '../support/browser.ts'
import { OPTIONS, startFaultStack, storyboard } from '../support/faults.ts'
import { startReceiver } from '../support/receiver.ts'
import {
  ADA,
  arrive,
  isAccessible,
  keepPictures,
  openBrowser,
  ownTeam,
  SMALL,
  signUp,
} from '../support/studio-browser.ts'

const skip = noBrowser()
t.setTimeout(400_000)

const JONAS = { email: 'jonas@people.example', password: 'a wave that breaks at dawn' }

if (skip) t.test('team and account in browsers', { skip }, async () => {})
else await run()

async function run(): Promise<void> {
  const stack = await startFaultStack(t)
  const receiver = await startReceiver(t)
  const insecure = { WEBHOOK_ALLOW_INSECURE: 'true', WEBHOOK_ALLOWED_CIDRS: '127.0.0.1/32' }
  const [{ url }, browser] = await Promise.all([
    stack.startServer(insecure),
    openBrowser(t),
    stack.startWorker(insecure),
  ])
  await signUp(url, ADA)
  const BROWSER = { viewport: SMALL, permissions: ['clipboard-read', 'clipboard-write'] }
  const { page, ask, faults } = await arrive(browser, url, { ...BROWSER, as: ADA })
  const team = await ownTeam(ask, 'Northlight')
  await transaction(stack.db.pool, (client) => grant(client, `framecast:team:${team.id}`, 100))
  const { page: guest, faults: guestFaults } = await arrive(browser, url, BROWSER)

  const accessible = async (t: Test, what: string, target: Page = page): Promise<void> => {
    await isAccessible(t, target, what)
    await keepPictures(target, `people-${what.replaceAll(' ', '-')}`, SMALL)
  }

  const FOCUSED = `(() => {
    const at = document.activeElement
    return (at?.getAttribute('aria-label') ?? at?.labels?.[0]?.textContent ?? at?.textContent ?? '').trim()
  })()`
  const focused = (): Promise<string> => page.evaluate<string>(FOCUSED)
  /** Waits until the focus is back where a dialog took it from. */
  const refocused = (name: string) => page.waitForFunction(`${FOCUSED} === ${JSON.stringify(name)}`)
  /** Goes on with Tab until the control of that name has the focus. */
  async function reach(name: RegExp): Promise<void> {
    for (let pressed = 0; pressed < 60; pressed += 1) {
      if (name.test(await focused())) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`Tab does not lead to ${name}`)
  }
  async function press(name: RegExp): Promise<void> {
    await reach(name)
    await page.keyboard.press('Enter')
  }
  const see = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor()

  await t.test('somebody is invited, and comes in by another browser', async (t) => {
    await page.goto(`${url}/t/${team.slug}/team`)
    await see('Nobody is waiting to come in.')
    await press(/^Invite$/)
    await see('Invite somebody to Northlight')
    await page.keyboard.type(ADA.email)
    await page.keyboard.press('Enter')
    await see('That is your own address. You are in this team already.')
    await page.keyboard.press('Control+A')
    await page.keyboard.type(JONAS.email)
    await page.keyboard.press('Enter')
    const link = await page.getByLabel('Link', { exact: true }).innerText()
    await press(/^Done$/)
    await see('Invited as member, until')
    await refocused('Invite')

    await guest.goto(link)
    await guest.getByLabel('Email').fill(JONAS.email)
    await guest.getByLabel('Password').fill(JONAS.password)
    await guest.getByRole('button', { name: 'Create an account and join' }).click()
    await guest.getByText('You are a member of the team now.').waitFor()
    await page.reload()
    await page.getByRole('region', { name: 'Members' }).getByText(JONAS.email).first().waitFor()
    await see('Nobody is waiting to come in.')
    await accessible(t, 'members')
  })

  await t.test('an invitation that has expired says when, and is sent again', async () => {
    await ask('POST', `/v1/teams/${team.id}/invitations`, { email: 'mira@people.example', role: 'viewer' })
    await stack.db.pool.query(
      `update invitations set created_at = now() - interval '9 days', expires_at = now() - interval '2 days'
       where email = 'mira@people.example'`,
    )
    await page.reload()
    await see(/^Expired on \d+ \w+/)
    await press(/^Send again to mira/)
    await see('Invited as viewer, until')
    await press(/^Take back the invitation to mira/)
    await see('Nobody is waiting to come in.')
  })

  await t.test('a role opens a page or closes it, and a team keeps an owner', async (t) => {
    await guest.goto(`${url}/t/${team.slug}/webhooks`)
    await guest.getByText('Only owners and admins can see this. You are a member of Northlight.').waitFor()
    await accessible(t, 'a page for others', guest)
    await reach(/^Role of jonas/)
    await page.keyboard.press('a')
    await page
      .getByRole('region', { name: 'Members' })
      .getByRole('combobox')
      .and(page.locator(':enabled'))
      .waitFor()
    await guest.getByRole('link', { name: 'Show the members' }).click()
    await guest.reload()
    await guest.getByRole('link', { name: 'Webhooks' }).click()
    await guest.getByText('Tell another system when a film is ready.').waitFor()

    await press(/^Leave$/)
    await see('Leave Northlight?')
    await press(/^Leave the team$/)
    await see('You are the only owner. Make someone else owner first.')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await refocused('Leave')
  })

  let rawKey = ''
  await t.test('a key is shown once, copied, and opens the API', async (t) => {
    await page.goto(`${url}/account/keys`)
    await see('A key lets a program render for you.')
    await press(/^Make a key$/)
    await see('Ends after')
    await page.keyboard.type('Nightly renders')
    await reach(/^Renders for/)
    await page.keyboard.press('N')
    await press(/^Make key$/)
    await see('This is shown once.')
    await page.keyboard.press('Escape')
    await see('It was not copied, and cannot be shown again. Close all the same?')
    await press(/^Copy$/)
    await see('Copied.')
    rawKey = await page.evaluate<string>('navigator.clipboard.readText()')
    await press(/^I have stored it$/)
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await refocused('Make a key')
    const answer = await fetch(`${url}/v1/auth/whoami`, { headers: { authorization: `Bearer ${rawKey}` } })
    t.match(await answer.json(), { api_key: { name: 'Nightly renders', owner: `framecast:team:${team.id}` } })
    await page.reload()
    await see(/^Used \d\d:\d\d, made/)
    await accessible(t, 'keys')
  })

  await t.test('a webhook is added, tested and replayed', async (t) => {
    await page.goto(`${url}/t/${team.slug}/webhooks`)
    await press(/^Add a webhook$/)
    await reach(/^Address/)
    await page.keyboard.type('https://10.1.2.3/hook')
    await page.keyboard.press('Enter')
    await see('That address is inside this network and is not on the allowed list. Ask the operator.')
    await page.keyboard.press('Control+A')
    await page.keyboard.type(receiver.url())
    await page.keyboard.press('Enter')
    await see('The receiver checks with it that a delivery is from here.')
    t.match(await page.getByLabel('Secret', { exact: true }).innerText(), /^[0-9a-f]{64}$/)
    await press(/^Copy$/)
    await press(/^I have stored it$/)

    const list = page.getByRole('region', { name: 'Deliveries' })
    await list.waitFor()
    receiver.answer = (_request, response) => void response.writeHead(503).end('come back later')
    await press(/^Send test$/)
    await see('The test was not delivered: 503.')
    await list.getByText('failed after one try').waitFor()
    await press(/^\d\d:\d\dwebhook\.test503/)
    t.match(
      await page.getByRole('region', { name: 'Headers of the request' }).innerText(),
      /^webhook-signature: v1,/m,
    )
    t.match(await page.getByRole('region', { name: 'Response' }).innerText(), /come back later/)
    receiver.answer = (_request, response) => void response.writeHead(204).end()
    await press(/^Replay webhook\.test/)
    await list.getByText('delivered, first try').waitFor()
    const [first, second] = await receiver.got(2)
    t.equal(second?.body.delivery_id, first?.body.delivery_id, 'the same delivery')
    await accessible(t, 'a webhook')
  })

  await t.test('what a film took is in the chart and beside it', async (t) => {
    const response = await fetch(`${url}/v1/generate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rawKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ spec: storyboard('paid', 3), options: OPTIONS }),
    })
    t.equal(response.status, 201)
    const job = (await response.json()) as Job
    t.equal((await stack.finished(job.id)).status, 'completed')
    await receiver.got(3)
    await page.reload()
    await see(/^job\.completed/)

    await page.goto(`${url}/t/${team.slug}/usage`)
    const told = await ask<UsageDays>('GET', `/v1/usage/days?owner=framecast:team:${team.id}`)
    const today = told.days.at(-1)!
    t.match(today, { renders_count: 1, credits: 3 })
    const { rows } = await stack.db.pool.query(
      `select round(sum(extract(epoch from finished_at - started_at)))::int as seconds from job_steps
       where job_id = $1 and kind = 'scene'`,
      [job.id],
    )
    t.equal(today.gpu_seconds, rows[0].seconds, 'as long as the engine worked')
    await page.getByRole('img', { name: /^Credits by day, .*: 3 credits in all$/ }).waitFor()
    const cells = (name: string): Promise<string[]> =>
      page.getByRole('table', { name }).getByRole('row').nth(1).locator('th, td').allInnerTexts()
    t.match(await cells('Usage by day'), [/^\d+ \w+$/, '1', '3', /^(< )?[\d.]+$/])
    t.match(await cells('Usage by person'), ['Ada', '1', '3'])
    t.match(await cells('Usage by project'), ['Without a project', '1', '3'])
    t.match(await cells('What the team used by month'), [/^\d{4}-\d\d$/, '1', '3 s', '3'])
    await see('97 credits')
    const heights = await page.evaluate<number[]>(
      `[...document.querySelectorAll('svg[aria-label^="Credits by day"] rect')].map((bar) => bar.height.baseVal.value)`,
    )
    t.equal(heights.length, 30)
    t.strictSame(
      heights.map((height) => height > 0),
      [...Array.from({ length: 29 }, () => false), true],
      'one bar, today',
    )
    await press(/^7 days$/)
    await page.getByRole('button', { name: '7 days', pressed: true }).waitFor()
    await accessible(t, 'usage')
    await press(/^Audit trail$/)
    await see('Ada made an API key')
    await see('jonas@people.example accepted an invitation')
    await accessible(t, 'the audit trail')
  })

  await t.test('a session is ended from another browser', async (t) => {
    const there = await arrive(browser, url, { ...BROWSER, as: ADA })
    const other = there.page
    await other.goto(`${url}/t/${team.slug}/team`)
    await other.getByRole('heading', { name: 'Northlight' }).waitFor()
    await page.goto(`${url}/account/sessions`)
    await see('This browser')
    await accessible(t, 'sessions')
    const rows = page.getByRole('region', { name: 'Others' }).getByRole('listitem')
    const before = await rows.count()
    await press(/^End the session of Chrome/)
    await rows.nth(before - 1).waitFor({ state: 'detached' })
    await other.getByRole('link', { name: 'Usage' }).click()
    await other.getByText('Your session ended. Sign in to go on. Your edits are kept.').waitFor()
    await there.ask('POST', '/v1/auth/login', { email: ADA.email, password: ADA.password })
    await page.reload()
    await press(/^End all others$/)
    await see('End all other sessions?')
    await press(/^End all others$/)
    await see('You are signed in nowhere else.')
  })

  await t.test('name and password change, and the only owner does not go', async (t) => {
    await page.goto(`${url}/account`)
    await reach(/^Name/)
    await page.keyboard.press('Control+A')
    await page.keyboard.type('Ada Lovelace')
    await page.keyboard.press('Enter')
    await see('Saved.')
    await reach(/^Password so far/)
    await page.keyboard.type('not this one')
    await reach(/^New password/)
    await page.keyboard.type('a lamp that sleeps at dawn')
    await page.keyboard.press('Enter')
    await see('That is not your password.')
    t.equal(await page.getByRole('dialog').count(), 0, 'the session goes on')
    await press(/^Delete account$/)
    await see('Delete the account of Ada Lovelace?')
    await reach(/^Delete account$/)
    await page.keyboard.press('Enter')
    await see('You are the only owner of Northlight. Make someone else owner first, or delete the team.')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await accessible(t, 'account')
  })

  t.strictSame([...faults, ...guestFaults], [], 'no page met a fault')
}
