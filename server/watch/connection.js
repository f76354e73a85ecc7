/**
 * Keeps the viewer in step with one job: reads it, follows its events by WebSocket, and comes back after every kind of
 * loss. Knows nothing of the page.
 *
 * @import { Action, JobEvent, State } from './state.d.ts'
 */
import { isOver, isStale } from './state.js'

const READ_LIMIT_MS = 10_000
const OPEN_LIMIT_MS = 10_000
/** A socket that says nothing for so long is asked; one that does not answer is given up. */
const QUIET_MS = 20_000
const ANSWER_LIMIT_MS = 6_000

/**
 * Wait before try `attempt` (1-based), in ms: 1, 2, 4, 8, then 10 s, shortened at random by up to a half, so that
 * viewers of one server do not come back in step. After "I am going down" (1001) and "too much" (1013) the server
 * wants them spread wider.
 * @param {number} attempt @param {number} closeCode @param {number} random 0 to 1
 */
export function waitMs(attempt, closeCode, random) {
  if (attempt === 1 && (closeCode === 1001 || closeCode === 1013)) return 1_000 + 9_000 * random
  return Math.max(1_000, Math.min(10_000, 1_000 * 2 ** (attempt - 1)) * (0.5 + 0.5 * random))
}

class NoAnswer extends Error {}

/**
 * @param {object} options
 * @param {string} options.jobId
 * @param {string} options.token text of the watch link; empty: none
 * @param {() => State} options.state
 * @param {(action: Action) => void} options.dispatch
 * @returns {{ refresh(): void, serverNowMs(): number, readAtMs(): number }} `refresh` reads the job again,
 *   for new links to its media
 */
export function follow({ jobId, token, state, dispatch }) {
  let clockAheadMs = 0
  let readAtMs = 0
  let running = false
  /** Ends the current wait early. */
  let hurry = () => {}
  /** Asks the current socket for a sign of life. */
  let probe = () => {}
  /** Reads the job beside the current socket, when there is something to ask. */
  let catchUp = async () => {}

  const settled = () => state().refusal !== null || (isOver(state()) && !isStale(state()))

  /** @throws {NoAnswer} when the server cannot be reached or is not well */
  async function read() {
    const { asks } = state()
    let response
    try {
      response = await fetch(`/v1/jobs/${encodeURIComponent(jobId)}`, {
        headers: token ? { authorization: `Watch ${token}` } : {},
        cache: 'no-store',
        signal: AbortSignal.timeout(READ_LIMIT_MS),
      })
      const date = Date.parse(response.headers.get('date') ?? '')
      if (date) clockAheadMs = date - Date.now()
      if (response.ok) {
        const job = await response.json()
        readAtMs = Date.now()
        return dispatch({ type: 'job', job, asks })
      }
    } catch (cause) {
      throw new NoAnswer('no answer', { cause })
    }
    if (response.status === 401) return dispatch({ type: 'refused', refusal: token ? 'ended' : 'incomplete' })
    if ([400, 403, 404].includes(response.status)) return dispatch({ type: 'refused', refusal: 'missing' })
    throw new NoAnswer(`answer ${response.status}`)
  }

  /**
   * One socket from opening to its end.
   * @returns {Promise<{ lived: boolean, code: number }>} whether the subscription stood, and the close code
   */
  function listen() {
    return new Promise((resolve) => {
      const url = new URL('/v1/ws', location.href)
      url.protocol = url.protocol.replace('http', 'ws')
      const socket = new WebSocket(url, token ? ['framecast.v1', `watch.${token}`] : ['framecast.v1'])
      let lived = false
      let reading = false
      /** @type {number} */
      let timer

      /** @param {number} code */
      const end = (code) => {
        clearTimeout(timer)
        probe = () => {}
        catchUp = async () => {}
        socket.onmessage = socket.onclose = socket.onopen = null
        // Not waited for: on a dead line the closing handshake takes as long as the line.
        socket.close()
        resolve({ lived, code })
      }
      const giveUp = () => end(0)
      const ask = () => {
        if (socket.readyState !== WebSocket.OPEN) return
        socket.send('{"type":"ping"}')
        clearTimeout(timer)
        timer = setTimeout(giveUp, ANSWER_LIMIT_MS)
      }
      /** @param {number | null} after */
      const subscribe = (after) =>
        socket.send(
          JSON.stringify({
            type: 'subscribe',
            id: after === null ? 'live' : 'resume',
            channel: `job:${jobId}`,
            ...(after === null ? {} : { after }),
          }),
        )
      catchUp = async () => {
        if (reading || !isStale(state())) return
        reading = true
        try {
          while (isStale(state()) && !settled()) await read()
          if (settled()) end(1000)
        } catch {
          end(0)
        }
        reading = false
      }

      /** @param {Record<string, any>} message */
      const take = (message) => {
        if (message.type === 'ack') {
          lived = true
          dispatch({
            type: 'subscribed',
            lastSequence: message.last_sequence,
            resumed: message.id === 'resume',
          })
          dispatch({ type: 'link', link: 'live' })
        } else if (message.type === 'event') {
          dispatch({ type: 'event', event: /** @type {JobEvent} */ (message) })
        } else if (message.type === 'error' && message.code === 'GONE') {
          dispatch({ type: 'expired' })
          subscribe(null)
        } else if (message.type === 'error') {
          // Not allowed, or too much of something: reading the job will tell which.
          lived = false
          end(0)
        }
        catchUp()
      }

      timer = setTimeout(giveUp, OPEN_LIMIT_MS)
      probe = ask
      socket.onopen = () => subscribe(state().sequence)
      socket.onclose = ({ code }) => end(code)
      socket.onmessage = ({ data }) => {
        clearTimeout(timer)
        timer = setTimeout(ask, QUIET_MS)
        let message
        try {
          message = JSON.parse(data)
        } catch {
          return
        }
        take(message)
      }
    })
  }

  /** @param {number} ms */
  const pause = (ms) =>
    new Promise((resolve) => {
      const timer = setTimeout(done, ms)
      function done() {
        clearTimeout(timer)
        hurry = () => {}
        resolve(undefined)
      }
      hurry = done
    })

  async function run() {
    if (running) return
    running = true
    let attempt = 0
    // The first look is a read: it alone can tell why a link does not hold, and a finished job needs no socket.
    let readFirst = true
    while (!settled()) {
      let code = 0
      try {
        if (readFirst || isStale(state())) {
          await read()
          if (attempt > 0) dispatch({ type: 'link', link: 'polling' })
        }
        if (settled()) break
        const ended = await listen()
        code = ended.code
        if (ended.lived) attempt = 0
        // A socket that never stood says nothing of the reason; and where sockets do not get through, reads do.
        readFirst = !ended.lived
        if (settled()) break
        if (ended.lived || state().link === 'connecting') dispatch({ type: 'link', link: 'lost' })
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error
        dispatch({ type: 'link', link: 'lost' })
      }
      attempt += 1
      await pause(waitMs(attempt, code, Math.random()))
    }
    dispatch({ type: 'link', link: 'live' })
    running = false
  }

  const look = () => {
    hurry()
    probe()
  }
  for (const name of ['online', 'offline']) addEventListener(name, look)
  document.addEventListener('visibilitychange', () => document.hidden || look())
  run()

  return {
    refresh() {
      dispatch({ type: 'ask' })
      catchUp()
      run()
    },
    serverNowMs: () => Date.now() + clockAheadMs,
    readAtMs: () => readAtMs,
  }
}
