/**
 * The page behind the link of an invitation: whoever has logged in answers it, everybody else logs in or makes an account
 * first. All of it goes through the API, with the session's cookie.
 *
 * @typedef {{ id: string, role: string, team_name: string, email: string }} Invitation
 * @typedef {{ status: number, body: any }} Reply
 */

const [, , , , invitationId = ''] = location.pathname.split('/')
const KEPT = `invitation ${invitationId}`

/** The link's token, taken out of the address, which people copy and histories keep. */
function takeToken() {
  const given = new URLSearchParams(location.search).get('token')
  if (given) {
    sessionStorage.setItem(KEPT, given)
    history.replaceState(null, '', location.pathname)
  }
  return sessionStorage.getItem(KEPT)
}

const token = takeToken()

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id))
/** @param {string} id */
const field = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id))

/**
 * @param {string} method @param {string} path @param {object} [json]
 * @returns {Promise<Reply>}
 */
async function ask(method, path, json) {
  try {
    const response = await fetch(path, {
      method,
      ...(json ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) } : {}),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : JSON.parse(text) }
  } catch {
    return { status: 0, body: null }
  }
}

/**
 * What the page shows: a sentence, a fault, and one of its forms.
 * @param {string} word @param {'answer' | 'account' | 'elsewhere' | null} form
 */
function show(word, form) {
  element('word').textContent = word
  element('fault').hidden = true
  for (const id of ['answer', 'account', 'elsewhere']) element(id).hidden = id !== form
}

/** @param {Reply} reply */
function showFault({ status, body }) {
  element('fault').textContent =
    body?.error?.message ?? `The server could not be asked${status === 0 ? '' : ` (${status})`}. Try again.`
  element('fault').hidden = false
}

/** Runs one step at a time: a button pressed twice asks once. @param {() => Promise<void>} work */
async function step(work) {
  const buttons = [...document.querySelectorAll('button')]
  for (const button of buttons) button.disabled = true
  try {
    await work()
  } finally {
    for (const button of buttons) button.disabled = false
  }
}

/** @param {string} [team] */
function joined(team) {
  sessionStorage.removeItem(KEPT)
  show(team ? `You are a member of ${team} now.` : 'You are a member of the team now.', null)
}

async function begin() {
  const reply = await ask('GET', '/v1/invitations')
  if (reply.status === 401)
    return show('Sign in with the address that was invited, or make an account for it.', 'account')
  if (reply.status !== 200) {
    show('The invitation could not be read.', null)
    return showFault(reply)
  }
  /** @type {Invitation[]} */
  const waiting = reply.body
  const found = waiting.find(({ id }) => id === invitationId)
  if (!found)
    return show(
      'No such invitation waits for you. It was answered or revoked, has expired, or is for another address than yours.',
      'elsewhere',
    )
  teamName = found.team_name
  show(`${found.email} is invited to join ${found.team_name}. Role: ${found.role}.`, 'answer')
}

let teamName = ''

element('answer').addEventListener('submit', (event) => {
  event.preventDefault()
  void step(async () => {
    const reply = await ask('POST', `/v1/invitations/${encodeURIComponent(invitationId)}/accept`)
    if (reply.status === 200) joined(teamName)
    else showFault(reply)
  })
})

element('decline').addEventListener('click', () =>
  step(async () => {
    const reply = await ask('POST', `/v1/invitations/${encodeURIComponent(invitationId)}/decline`)
    if (reply.status === 204) show('The invitation is declined.', null)
    else showFault(reply)
  }),
)

element('account').addEventListener('submit', (event) => {
  event.preventDefault()
  void step(async () => {
    const [email, password] = [field('email').value, field('password').value]
    const reply = await ask('POST', '/v1/auth/login', { email, password })
    if (reply.status === 200) await begin()
    else showFault(reply)
  })
})

element('sign-up').addEventListener('click', () => {
  if (!(/** @type {HTMLFormElement} */ (element('account')).reportValidity())) return
  void step(async () => {
    const [email, password] = [field('email').value, field('password').value]
    const reply = await ask('POST', '/v1/auth/signup', {
      email,
      password,
      ...(token ? { invitation_token: token } : {}),
    })
    if (reply.status !== 201) return showFault(reply)
    if (token) joined()
    else await begin()
  })
})

element('log-out').addEventListener('click', () =>
  step(async () => {
    const reply = await ask('POST', '/v1/auth/logout')
    if (reply.status === 204 || reply.status === 401) await begin()
    else showFault(reply)
  }),
)

await begin()

export {}
