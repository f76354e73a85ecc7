/**
 * Makes the first account of an installation. The token of the link is in the fragment, which browsers keep to themselves; it
 * is taken out of the address at once, so that it does not stay in the history.
 */

/** @template {HTMLElement} T @param {string} id @param {new () => T} kind @returns {T} */
function element(id, kind) {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`)
  return found
}

const form = element('form', HTMLFormElement)
const trouble = element('trouble', HTMLElement)
const token = location.hash.slice(1)
history.replaceState(null, '', location.pathname)

/** @param {string} text */
function say(text) {
  trouble.textContent = text
  trouble.hidden = text === ''
}

/**
 * @param {string} path
 * @param {object} body
 * @param {string} [bearer]
 * @returns {Promise<any>} the reply; rejects with what the server says is wrong
 */
async function post(path, body, bearer) {
  const reply = await fetch(path, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
    },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Error('The server does not answer. Try again in a moment.')
  })
  const answer = await reply.json().catch(() => null)
  if (!reply.ok) throw new Error(answer?.error?.message ?? `The server answered with status ${reply.status}.`)
  return answer
}

/**
 * One attempt at a time; what goes wrong is said beside the button that was pressed.
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} work
 */
async function attempt(button, work) {
  button.disabled = true
  say('')
  try {
    await work()
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
  } finally {
    button.disabled = false
  }
}

/** @param {{ access_token: string, user: { email: string } }} session */
function welcome({ access_token, user }) {
  form.hidden = true
  element('who', HTMLElement).textContent = user.email
  element('done', HTMLElement).hidden = false
  const button = element('make-key', HTMLButtonElement)
  button.addEventListener('click', () =>
    attempt(button, async () => {
      const { raw_key } = await post('/v1/auth/keys', { name: 'Command line' }, access_token)
      element('key', HTMLElement).textContent = raw_key
      element('key-line', HTMLElement).hidden = false
      button.hidden = true
    }),
  )
  button.focus()
}

if (token === '') {
  say('Open the whole link that the server printed when it started. It begins with the address of this page.')
} else {
  form.hidden = false
  element('email', HTMLInputElement).focus()
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const fields = new FormData(form)
  attempt(element('send', HTMLButtonElement), async () => {
    welcome(
      await post('/v1/auth/setup', {
        token,
        email: String(fields.get('email')).trim(),
        name: String(fields.get('name')).trim() || null,
        password: String(fields.get('password')),
      }),
    )
  })
})
