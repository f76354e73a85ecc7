/** The page behind the link of an invitation, in a real browser. With SCREENSHOT_DIR set, the pictures it takes are kept. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { t } from 'tap'
import { noBrowser, startBrowser } from '../support/browser.ts'
import { buildTeam, buildUser } from '../support/builders.ts'
import { read, startStudio } from '../support/studio.ts'

const PASSWORD = 'a long enough password'

t.test('the page of an invitation in a browser', { skip: noBrowser() }, async (t) => {
  const studio = await startStudio(t, { env: { AUTH_LOCAL_SIGNUP: 'invite' } })
  const browser = await startBrowser()
  t.teardown(() => browser.close())
  const owner = await buildUser(studio.pool)
  const teamId = await buildTeam(studio.pool, owner, { name: 'Northlight' })
  const asOwner = studio.as(await studio.logIn(owner))

  async function invite(email: string): Promise<{ id: string; accept_url: string }> {
    const { status, body } = await read<{ id: string; accept_url: string }>(
      asOwner(`/v1/teams/${teamId}/invitations`, { json: { email, role: 'viewer' } }),
    )
    t.equal(status, 201)
    return body
  }

  /** A browser of its own, with nobody logged in. What went wrong in it is kept, 401 and 404 apart, which are answers. */
  async function open(t: { teardown(work: () => unknown): unknown }, url: string) {
    const context = await browser.newContext()
    t.teardown(() => context.close())
    const page = await context.newPage()
    const troubles: string[] = []
    const asked: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 40[134]/.test(message.text()))
        troubles.push(message.text())
    })
    page.on('pageerror', (error) => troubles.push(String(error)))
    page.on('request', (request) => asked.push(request.url()))
    await page.goto(url)
    return { page, troubles, asked }
  }
  const word = (page: Page, text: string | RegExp) =>
    page.locator('#word').filter({ hasText: text }).waitFor()
  const fill = async (page: Page, email: string) => {
    await page.getByLabel('Email').fill(email)
    await page.getByLabel('Password').fill(PASSWORD)
  }
  const roleOf = async (email: string) =>
    (
      await studio.pool.query(
        'select m.role from memberships m join users u on u.id = m.user_id where m.team_id = $1 and u.email = $2',
        [teamId, email],
      )
    ).rows[0]?.role
  const signUp = (email: string, token: string) =>
    studio.as('')('/v1/auth/signup', {
      json: { email, password: PASSWORD, invitation_token: token },
      headers: { authorization: '' },
    })
  const tokenOf = (url: string) => new URL(url).searchParams.get('token') ?? ''

  t.test('somebody without an account makes one and is in', async (t) => {
    const { accept_url: url } = await invite('new@example.test')
    const { page, troubles, asked } = await open(t, url)
    await word(page, 'Sign in with the address that was invited')
    t.equal(new URL(page.url()).search, '', 'the token is out of the address')
    if (process.env.SCREENSHOT_DIR)
      await page.screenshot({ path: join(process.env.SCREENSHOT_DIR, 'join.png') })
    await page.reload()
    await fill(page, 'new@example.test')
    await page.getByRole('button', { name: 'Create an account and join' }).click()
    await word(page, 'You are a member of the team now.')
    t.equal(await roleOf('new@example.test'), 'viewer')
    t.strictSame(troubles, [])
    t.ok(asked.every((address) => address.startsWith(studio.url)))
  })

  t.test('with the wrong address there is no account and no way in', async (t) => {
    const { accept_url: url } = await invite('right@example.test')
    const { page } = await open(t, url)
    await word(page, 'Sign in')
    await fill(page, 'wrong@example.test')
    await page.getByRole('button', { name: 'Create an account and join' }).click()
    await page.getByRole('alert').filter({ hasText: 'no such invitation' }).waitFor()
    t.equal(
      await page.getByRole('button', { name: 'Sign in', exact: true }).isEnabled(),
      true,
      'one may try again',
    )
    t.equal((await studio.pool.query(`select 1 from users where email = 'wrong@example.test'`)).rowCount, 0)
  })

  t.test('somebody with an account logs in, and joins or declines', async (t) => {
    const first = await invite('ada@example.test')
    t.equal((await signUp('ada@example.test', tokenOf(first.accept_url))).status, 201)
    const other = await buildUser(studio.pool)
    const otherTeam = await buildTeam(studio.pool, other, { name: 'Dayshift <b>' })
    const asOther = studio.as(await studio.logIn(other))
    const invited = async (role: string) =>
      (
        await read<{ accept_url: string }>(
          asOther(`/v1/teams/${otherTeam}/invitations`, { json: { email: 'ada@example.test', role } }),
        )
      ).body.accept_url

    const { page, troubles } = await open(t, await invited('member'))
    await word(page, 'Sign in')
    await page.getByLabel('Email').fill('ada@example.test')
    await page.getByLabel('Password').fill('not this one, surely')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('alert').waitFor()
    await fill(page, 'ada@example.test')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await word(page, 'ada@example.test is invited to join Dayshift <b>. Role: member.')
    await page.getByRole('button', { name: 'Decline' }).click()
    await word(page, 'The invitation is declined.')

    await page.goto(await invited('admin'))
    await word(page, 'Role: admin.')
    await page.getByRole('button', { name: 'Join the team' }).click()
    await word(page, 'You are a member of Dayshift <b> now.')
    t.strictSame(troubles, [])
    t.match(
      await studio.pool.query('select role from memberships where team_id = $1 and role = $2', [
        otherTeam,
        'admin',
      ]),
      {
        rowCount: 1,
      },
    )
    await page.reload()
    await word(page, 'No such invitation waits for you.')
    await page.getByRole('button', { name: 'Sign in as somebody else' }).click()
    await word(page, 'Sign in with the address')
  })
})

t.test('the page is the same for every invitation, and lets nothing in but its own files', async (t) => {
  const studio = await startStudio(t)
  const get = (path: string) => fetch(new URL(path, studio.url))
  const page = await get('/teams/any/invitations/any/accept?token=x')
  const html = await page.text()
  t.equal(page.status, 200)
  t.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  t.equal(page.headers.get('referrer-policy'), 'no-referrer')
  const policy = page.headers.get('content-security-policy') ?? ''
  t.match(
    policy,
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src data:; connect-src 'self'",
  )
  t.match(policy, "frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
  t.notMatch(html, /<script(?![^>]*src=)|<style|\sstyle=|\son\w+=/, 'no inline script or style')
  t.equal(await (await get('/teams/a/invitations/b/accept')).text(), html)
  for (const [, path] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g))
    t.match((await get(String(path))).headers.get('content-type'), /^text\/(css|javascript)|^font\/woff2$/)
  t.equal((await get('/join/assets/page.html')).status, 404)
  t.notMatch(JSON.stringify(studio.lines), 'token=x', 'no token in the log')
})
