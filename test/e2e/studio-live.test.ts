/**
 * Two people at one project, in real browsers over real processes: what one changes or renders is seen by the other, and
 * neither a reload, a killed server nor an ended session loses a word. With SCREENSHOT_DIR set, pictures are kept there.
 */
import type { BrowserContext, Page } from 'playwright-core'
import sharp from 'sharp'
import t from 'tap'
import { forfeit, grant } from '../../core/jobs/credits.ts'
import { transaction } from '../../core/platform/database.ts'
import { noBrowser } from '../support/browser.ts'
import { buildMember, buildTeam, person } from '../support/builders.ts'
import { startFaultStack, until } from '../support/faults.ts'
import { freePort } from '../support/postgres.ts'
import {
  arrive,
  isAccessible,
  keepPicture,
  keepPictures,
  openBrowser,
  PASSWORD,
  signUp,
  type Visitor,
} from '../support/studio-browser.ts'

const skip = noBrowser()
t.setTimeout(400_000)

/**
 * Runs in the page before anything else: keeps what the browser would show of the tab and tell the system, and allows
 * notices when it is asked to.
 */
const WATCH_TAB = `
  const tab = (globalThis.watchedTab = { hidden: false, asked: 0, notices: [], shown: [] })
  globalThis.Notification = class Notice {
    static permission = 'default'
    static async requestPermission() {
      tab.asked += 1
      return (Notice.permission = 'granted')
    }
    constructor(title, { body }) {
      tab.notices.push({ title, body })
    }
    close() {}
  }
  Object.defineProperty(document, 'hidden', { get: () => tab.hidden })
  new MutationObserver(() => {
    const look = { title: document.title, icon: document.querySelector('link[rel="icon"]')?.getAttribute('href') ?? '' }
    const last = tab.shown.at(-1)
    if (last?.title !== look.title || last?.icon !== look.icon) tab.shown.push(look)
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['href'] })`

/** Whether a picture has been decoded. */
const isDrawn = (img: unknown): boolean => (img as { naturalWidth: number }).naturalWidth > 0

const STORYBOARD = {
  title: 'The last ferry',
  scenes: [
    { id: 'quay', prompt: 'a quay at dusk', duration: 1 },
    { id: 'gangway', prompt: 'a gangway', duration: 1 },
    { id: 'wake', prompt: 'a white wake', duration: 1 },
  ],
}

if (skip) t.test('two people at one project', { skip }, async () => {})
else await run()

async function run(): Promise<void> {
  const preview = await sharp({
    create: { width: 320, height: 180, channels: 3, background: { r: 70, g: 110, b: 130 } },
  })
    .jpeg()
    .toBuffer()
  const stack = await startFaultStack(t, { env: { RATE_LIMITS: 'off' }, preview })
  const { pool } = stack.db
  const { fake } = stack
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const startServer = () => stack.startServer({ PORT: String(port), APP_BASE_URL: url })
  const [server, browser] = await Promise.all([startServer(), openBrowser(t), stack.startWorker()])

  /** A person with an account, and a browser of their own. */
  async function comeIn(name: string): Promise<Visitor & { userId: string; email: string }> {
    const account = { name, email: `${name.toLowerCase()}@studio.example`, password: PASSWORD }
    await signUp(url, account)
    const { rows } = await pool.query(
      `update users set tier = 'creator', upgraded_at = now() where email = $1 returning id`,
      [account.email],
    )
    const visitor = await arrive(browser, url, { as: account })
    await visitor.context.addInitScript(WATCH_TAB)
    return { ...visitor, userId: rows[0].id, email: account.email }
  }
  const ada = await comeIn('Ada')
  const jonas = await comeIn('Jonas')
  const teamId = await buildTeam(pool, person(ada.userId), { credits: 1_000, name: 'Northlight' })
  await buildMember(pool, teamId, person(jonas.userId))

  const { ask } = ada
  const project = await ask('POST', `/v1/teams/${teamId}/projects`, {
    name: 'The last ferry',
    spec: STORYBOARD,
  })
  const address = `${url}/t/team-${teamId}/p/${project.id}`
  const savedSpec = async (): Promise<string> =>
    JSON.stringify((await ask('GET', `/v1/projects/${project.id}`)).spec)

  const picture = (name: string) => keepPicture(ada.page, `live-${name}`)
  const card = (page: Page, number: string) =>
    page.getByRole('region', { name: 'Board' }).getByRole('button', { name: new RegExp(`^Scene ${number}`) })
  const prompt = (page: Page) => page.getByRole('textbox', { name: /^Prompt/ })
  const tab = (page: Page): Promise<WatchedTab> =>
    page.evaluate(() => (globalThis as unknown as { watchedTab: WatchedTab }).watchedTab)
  const hide = (page: Page, hidden: boolean): Promise<void> =>
    page.evaluate((value) => {
      Object.assign((globalThis as unknown as { watchedTab: WatchedTab }).watchedTab, { hidden: value })
    }, hidden)
  const bar = (page: Page) => page.getByRole('progressbar', { name: 'Rendering' })
  const percent = async (page: Page): Promise<number> => Number(await bar(page).getAttribute('aria-valuenow'))
  const chip = (page: Page, words: RegExp | string) => page.getByRole('status').getByText(words)

  await t.test('what one changes is seen by the other at once, with the name', async (t) => {
    await ada.page.goto(`${address}?scene=quay`)
    await jonas.page.goto(`${address}?scene=wake`)
    await ada.page.getByRole('list', { name: 'Also here' }).getByText('Jonas').waitFor({ state: 'attached' })
    await prompt(jonas.page).fill('a long white wake')
    await card(ada.page, '03').getByText('a long white wake').waitFor()
    await ada.page.getByText('Changed by Jonas, r2').waitFor()
    t.equal(await prompt(ada.page).inputValue(), 'a quay at dusk')
  })

  /** The saves of somebody do not reach the server while `work` runs. */
  async function withoutSaves(context: BrowserContext, work: () => Promise<void>): Promise<void> {
    await context.route('**/spec', (route) => route.abort())
    await work()
    await context.unroute('**/spec')
  }

  await t.test('changes of different fields go together, unasked', async (t) => {
    await withoutSaves(ada.context, async () => {
      await prompt(ada.page).fill('a wet quay at dusk')
      await ada.page.getByText('Not saved: server not reachable').waitFor()
      await prompt(jonas.page).fill('a short wake')
      await card(ada.page, '03').getByText('a short wake').waitFor()
    })
    await ada.page.getByText(/^Merged with Jonas, r3/).waitFor()
    await card(jonas.page, '01').getByText('a wet quay at dusk').waitFor()
    t.match(await savedSpec(), /a wet quay at dusk.*a short wake/)
    // What Jonas did is not taken back by a step of Ada's.
    await ada.page.getByRole('button', { name: /^Undo: change/ }).click()
    await card(jonas.page, '01').getByText('a quay at dusk').waitFor()
    t.match(await savedSpec(), /a short wake/)
  })

  await t.test(
    'the same field is asked about with both texts, and nothing is lost whatever is chosen',
    async (t) => {
      await withoutSaves(ada.context, async () => {
        await card(ada.page, '03').click()
        await prompt(ada.page).fill("Ada's wake")
        await ada.page.getByText('Not saved: server not reachable').waitFor()
        await prompt(jonas.page).fill("Jonas's wake")
        await ada.page.getByText('Jonas changed the prompt of wake while you did.').waitFor()
      })
      await ada.page.getByText('Needs your decision').first().waitFor()
      await picture('conflict')
      await isAccessible(t, ada.page, 'a conflict')
      await ada.page.getByRole('link', { name: 'Source', exact: true }).click()
      const versions = ada.page.getByRole('alert', { name: 'Needs your decision' }).locator('dl > div')
      await versions.nth(2).waitFor()
      t.strictSame(await versions.allInnerTexts(), [
        "Yours\nAda's wake",
        'Before\na short wake',
        "Jonas\nJonas's wake",
      ])
      await keepPictures(ada.page, 'live-conflict-source')
      await ada.page.getByRole('link', { name: 'Board', exact: true }).click()
      await ada.page.getByRole('button', { name: 'Edit together' }).click()
      t.equal(
        await ada.page.getByLabel('Both texts of the prompt of wake').inputValue(),
        "Ada's wake\nJonas's wake",
      )
      await ada.page.getByLabel('Both texts of the prompt of wake').fill('the wake of both')
      await ada.page.getByRole('button', { name: 'Use this text' }).click()
      await card(jonas.page, '03').getByText('the wake of both').waitFor()
      t.match(await savedSpec(), /the wake of both/)
    },
  )

  await t.test("a colleague's change is marked in the text, with the name", async (t) => {
    await ada.page.getByRole('link', { name: 'Source', exact: true }).click()
    const code = ada.page.getByRole('textbox', { name: 'Storyboard as YAML' })
    await code.getByText('the wake of both').waitFor()
    await card(jonas.page, '02').click()
    await prompt(jonas.page).fill('a steep gangway')
    const marked = code.locator('.cm-theirs')
    await marked.getByText('a steep gangway').waitFor()
    t.match(await marked.allInnerTexts(), [/prompt: a steep gangway.*Jonas/s], 'that line alone')
    await picture('marked')
    await code.getByText('the wake of both').click()
    await marked.waitFor({ state: 'detached' })
    await ada.page.getByRole('link', { name: 'Board', exact: true }).click()
  })

  await t.test('undo asks before it takes back what somebody else has changed since', async (t) => {
    await card(ada.page, '01').click()
    await prompt(ada.page).fill("Ada's quay")
    await card(jonas.page, '01').getByText("Ada's quay").waitFor()
    await card(jonas.page, '01').click()
    await prompt(jonas.page).fill("Jonas's quay")
    await card(ada.page, '01').getByText("Jonas's quay").waitFor()
    const undo = ada.page.getByRole('button', { name: /^Undo: change/ })
    await undo.click()
    const question = ada.page.getByRole('dialog', { name: 'Jonas changed this after you. Undo anyway?' })
    await question.getByRole('button', { name: "Keep Jonas's" }).waitFor()
    await picture('undo')
    await ada.page.keyboard.press('Escape')
    await question.waitFor({ state: 'detached' })
    t.match(await savedSpec(), /Jonas's quay/, 'nothing was done yet')
    await undo.click()
    await question.getByRole('button', { name: 'Undo anyway' }).click()
    await card(jonas.page, '01').getByText('a quay at dusk').waitFor()
    t.match(await savedSpec(), /a quay at dusk.*a steep gangway/)
  })

  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  t.teardown(() => release())

  await t.test('a render is watched by both, and goes on where it was after a reload', async (t) => {
    fake.holdAfter = (graph, step) =>
      step === 2 && JSON.stringify(graph).includes('the wake of both') ? released : undefined
    await ada.page.getByRole('button', { name: 'Render', exact: true }).click()
    for (const { page } of [ada, jonas]) {
      await bar(page).waitFor()
      await page.getByText('2 of 3 scenes').waitFor()
      await card(page, '01').getByText('Ready').waitFor({ state: 'attached' })
    }
    const running = card(ada.page, '03')
    await running.getByText(/^Rendering \d+%$/).waitFor()
    await until('its picture as it is by now', () => running.locator('img').evaluate(isDrawn))
    t.equal(await ada.page.getByText(/^about \d.*(s|min)$/).count(), 0, 'no time left from two scenes')
    t.ok(
      await jonas.page.getByRole('button', { name: 'Cancel', exact: true }).isDisabled(),
      "another's render",
    )
    const before = await percent(ada.page)
    t.ok(before > 0)
    t.match(await ada.page.title(), /^\d+% The last ferry$/)
    t.match(await ada.page.locator('link[rel="icon"]').getAttribute('href'), /^data:image\/svg/)
    await ada.page.getByRole('link', { name: 'Queue, 1 render of yours runs' }).waitFor()
    await jonas.page.getByRole('link', { name: 'Queue', exact: true }).waitFor()
    await picture('rendering')
    await isAccessible(t, ada.page, 'a render that runs')
    await ada.page.reload()
    await ada.page.getByText('2 of 3 scenes').waitFor()
    t.ok((await percent(ada.page)) >= before, 'as far as before, at least')
  })

  await t.test('a server that is killed while a film is made loses neither words nor progress', async (t) => {
    const before = await percent(ada.page)
    await server.part.stop('SIGKILL')
    await ada.page.getByText('No connection to Framecast.').waitFor()
    await ada.page.getByRole('button', { name: 'Try now' }).waitFor()
    await card(ada.page, '01').click()
    await prompt(ada.page).fill('typed while nobody listened')
    await ada.page.getByText('Not saved: server not reachable').waitFor()
    t.equal(await percent(ada.page), before, 'what was seen stays')
    await picture('offline')
    await startServer()
    await ada.page.getByText('Back online. Saved 1 edit.').waitFor()
    t.match(await savedSpec(), /typed while nobody listened/)
    await card(jonas.page, '01').getByText('typed while nobody listened').waitFor()
    t.ok((await percent(ada.page)) >= before)
    release()
    for (const { page } of [ada, jonas])
      await page.getByText(/^Film .*is ready\.$/).waitFor({ timeout: 120_000 })
    t.equal(await ada.page.title(), 'Ready: The last ferry')
    t.match(await tab(ada.page), { asked: 0, notices: [] }, 'nobody is asked about notices before a film')
    await picture('ready')
    await isAccessible(t, ada.page, 'a render that has ended')
    const askMe = ada.page.getByRole('button', { name: 'Tell me when the next one ends' })
    await askMe.click()
    await askMe.waitFor({ state: 'detached' })
    t.equal((await tab(ada.page)).asked, 1)
  })

  await t.test(
    'a session that ends in mid-sentence: the page stays, and the sentence is saved',
    async (t) => {
      await ada.context.clearCookies()
      await prompt(ada.page).fill('typed after the session')
      const dialog = ada.page.getByRole('dialog', { name: /^Your session ended/ })
      await dialog.getByLabel('Email').fill(ada.email)
      await picture('signed-out')
      await dialog.getByLabel('Password').fill(PASSWORD)
      await dialog.getByRole('button', { name: 'Sign in' }).click()
      await chip(ada.page, /^Saved /).waitFor()
      t.match(await savedSpec(), /typed after the session/)
    },
  )

  await t.test('a scene that fails says why, and is tried again alone', async (t) => {
    fake.fail('run', 'value-error', 100)
    await hide(ada.page, true)
    await ada.page.getByRole('button', { name: 'Render', exact: true }).click()
    const ended = ada.page.getByRole('region', { name: 'The last render' })
    await ended.getByText(/^Scene 1 failed: /).waitFor()
    await card(jonas.page, '01').getByText('Failed', { exact: true }).waitFor()
    t.equal(await ada.page.title(), 'Failed: The last ferry')
    const { notices } = await tab(ada.page)
    t.match(notices, [{ title: 'The last ferry', body: /^Scene 1 failed: / }], 'said beyond the hidden tab')
    await hide(ada.page, false)
    await keepPictures(ada.page, 'live-failed')
    await ended.getByRole('button', { name: 'Log', exact: true }).click()
    const log = ada.page.getByRole('dialog', { name: 'Log of this render' })
    await log.getByText(/^Scene 1 failed: .*\(.+\)$/).waitFor()
    await log.getByText('Waiting for a place').waitFor()
    await log.getByText(/^Scene 2 is reused$/).waitFor()
    await picture('log')
    await log.getByRole('button', { name: 'Close' }).click()
    await isAccessible(t, ada.page, 'a render that failed')
    await card(ada.page, '02').click()
    await ended.getByRole('button', { name: 'Open scene 1' }).click()
    await ada.page.getByRole('complementary', { name: 'Scene' }).getByText('quay').first().waitFor()
    fake.fail('run', 'value-error', 0)
    const posts = fake.posts.length
    const { shown: before } = await tab(ada.page)
    await ended.getByRole('button', { name: 'Try again: renders 1 scene, 1 credit' }).click()
    await ended.getByText(/^Film .*is ready\.$/).waitFor({ timeout: 120_000 })
    t.equal(fake.posts.length, posts + 1, 'one scene was made')
    const { shown, notices: told } = await tab(ada.page)
    const since = shown.slice(before.length)
    const looks = since.slice(since.findIndex(({ title }) => /^\d+%/.test(title)))
    const titles = new Set(looks.map(({ title }) => title.replace(/^\d+%/, 'n%')))
    t.strictSame([...titles], ['n% The last ferry', 'Ready: The last ferry'], 'the title tells all of it')
    const percents = looks.flatMap(({ title }) => /^\d+(?=%)/.exec(title)?.map(Number) ?? [])
    t.strictSame(
      percents,
      percents.toSorted((a, b) => a - b),
      'and never goes back',
    )
    const shapes = new Set(looks.map(({ icon }) => shapeOf(icon)))
    t.match([...shapes].slice(-2), ['a ring that fills', 'a tick'], 'so does the icon')
    t.equal(told.length, 1, 'no notice to somebody who looks on')
  })

  await t.test('what is canceled says by whom, and asks first', async (t) => {
    fake.holdAfter = (_, step) =>
      step === 2 ? new Promise<void>((resolve) => t.teardown(resolve)) : undefined
    await prompt(ada.page).fill('a scene that nobody waits for')
    await card(jonas.page, '01').getByText('a scene that nobody waits for').waitFor()
    await jonas.page.getByRole('button', { name: 'Render', exact: true }).click()
    await bar(jonas.page).waitFor()
    await until('the scene to begin', async () => fake.machine.running !== null)
    await ada.page.getByText(/^about \d/).waitFor()
    await ada.page.getByRole('button', { name: 'Cancel', exact: true }).click()
    const dialog = ada.page.getByRole('dialog', { name: 'Cancel this render?' })
    await dialog.getByText(/credits? come back\.$/).waitFor()
    await picture('cancel')
    await dialog.getByRole('button', { name: 'Cancel render' }).click()
    for (const { page } of [jonas, ada]) await page.getByText(/^Canceled by Ada\./).waitFor()
  })

  await t.test('an operator sees what a server works on, takes it out and brings it back', async (t) => {
    const { promise: going, resolve: go } = Promise.withResolvers<void>()
    t.teardown(() => go())
    fake.holdAfter = (_, step) => (step === 2 ? going : undefined)
    await pool.query('update users set is_operator = true where id = $1', [ada.userId])
    await jonas.page.getByRole('button', { name: 'Render', exact: true }).click()
    await until('the scene to begin', async () => fake.machine.running !== null)
    const main = ada.page.getByRole('main')
    await ada.page.goto(`${url}/engines`)
    const engine = main.getByRole('listitem').filter({ hasText: 'The last ferry' }).first()
    await engine.getByRole('button', { name: 'Drain' }).click()
    await engine.getByText(/ finishes scene 1, then takes no more\.$/).waitFor()
    await keepPictures(ada.page, 'live-engines')
    await isAccessible(t, ada.page, 'an engine that is drained')
    await engine.getByRole('button', { name: 'Undo' }).click()
    await engine.getByText('Healthy').waitFor()
    await engine.getByRole('heading').getByRole('link').click()
    await main.getByRole('region', { name: 'Running' }).getByText('The last ferry').waitFor()
    await keepPictures(ada.page, 'live-engine')
    await isAccessible(t, ada.page, 'the page of an engine')
    go()
    await jonas.page.getByText(/^Film .*is ready\.$/).waitFor({ timeout: 120_000 })
    await main.getByText('Nothing runs here now.').waitFor()
    await ada.page.goto(address)
    await bar(ada.page).waitFor({ state: 'detached' })
  })

  await t.test('a render that cannot be paid for says what is missing, and the cheaper way', async (t) => {
    fake.holdAfter = null
    await transaction(pool, async (client) => {
      await forfeit(client, `framecast:team:${teamId}`, 'a test')
      await grant(client, `framecast:team:${teamId}`, 4)
    })
    const { spec_revision } = await ask('GET', `/v1/projects/${project.id}`)
    const scenes = STORYBOARD.scenes.map((scene) => ({ ...scene, duration: 2 }))
    const spec = { ...STORYBOARD, scenes }
    await ask('PUT', `/v1/projects/${project.id}/spec`, { spec }, { 'If-Match': `"r${spec_revision}"` })
    await ada.page.getByText('6 credits, the team has 4').waitFor()
    await ada.page.getByRole('button', { name: 'Render', exact: true }).click()
    const refused = ada.page.getByRole('region', { name: 'Not rendered' })
    await refused
      .getByText('This needs 6 credits; the team has 4. Render at 480p (3 credits).', { exact: true })
      .waitFor()
    await refused.getByText('Details').click()
    await refused.getByText(/^402 INSUFFICIENT_CREDITS, request \S+$/).waitFor()
    await picture('refused')
    await isAccessible(t, ada.page, 'a render that was refused')
    await refused.getByRole('button', { name: 'Render at 480p, 3 credits' }).click()
    await bar(ada.page).waitFor()
  })

  await t.test('nothing went wrong in the pages', (t) => {
    t.strictSame([...ada.faults, ...jonas.faults], [])
    t.end()
  })
}

type WatchedTab = {
  hidden: boolean
  /** How often notices were asked for. */
  asked: number
  notices: { title: string; body: string }[]
  /** Titles and icons of the tab, as they followed each other. */
  shown: { title: string; icon: string }[]
}

/** What somebody sees of an icon of the tab. */
function shapeOf(icon: string): string {
  const drawn = decodeURIComponent(icon)
  if (drawn.includes('M9 16.5')) return 'a tick'
  return drawn.includes('rotate(-90') ? 'a ring that fills' : 'another'
}
