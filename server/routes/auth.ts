/** The way in: signing up, logging in and out, passwords, and who is asking. */
import Router from '@koa/router'
import { reachOf } from '../../core/access/reach.ts'
import { readAccount } from '../../core/accounts/account.ts'
import { changePassword, logIn } from '../../core/accounts/log-in.ts'
import { revokeSession } from '../../core/accounts/sessions.ts'
import { type LoggedIn, setUp, signUp } from '../../core/accounts/sign-up.ts'
import { queryableAs } from '../../core/platform/reach.ts'
import logInSchema from '../../schemas/log-in-request.schema.json' with { type: 'json' }
import passwordSchema from '../../schemas/password-request.schema.json' with { type: 'json' }
import setUpSchema from '../../schemas/set-up-request.schema.json' with { type: 'json' }
import signUpSchema from '../../schemas/sign-up-request.schema.json' with { type: 'json' }
import type { LogInRequest, PasswordRequest, SetUpRequest, SignUpRequest } from '../../schemas/types.ts'
import { bodyReader } from '../body.ts'
import type { ApiRouter, Context, RequestState, ServerDeps } from '../context.ts'
import { clearSessionCookie, renewSessionCookie, setSessionCookie } from '../cookies.ts'
import { type Access, user } from '../middleware/access.ts'
import { queryOneOf } from '../query.ts'

const readSignUp = bodyReader<SignUpRequest>(signUpSchema)
const readLogIn = bodyReader<LogInRequest>(logInSchema)
const readSetUp = bodyReader<SetUpRequest>(setUpSchema)
const readPassword = bodyReader<PasswordRequest>(passwordSchema)

export function authRoutes(deps: ServerDeps, { allow, allowSessions, allowGuests }: Access): ApiRouter {
  const { config, db, accounts, keys, addressOf } = deps
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  const originOf = (ctx: Context) => ({
    address: addressOf(ctx.req),
    userAgent: ctx.get('user-agent') || null,
  })

  function welcome(ctx: Context, status: 200 | 201, { session, user }: LoggedIn): void {
    setSessionCookie(ctx, config, session)
    ctx.status = status
    ctx.body = { access_token: session.token, token_type: 'Bearer', expires_in: session.expiresIn, user }
  }

  router.post('/v1/auth/signup', allowGuests, async (ctx) => {
    welcome(ctx, 201, await signUp(accounts, await readSignUp(ctx.req), originOf(ctx)))
  })

  router.post('/v1/auth/login', allowGuests, async (ctx) => {
    welcome(ctx, 200, await logIn(accounts, await readLogIn(ctx.req), originOf(ctx)))
  })

  router.post('/v1/auth/setup', allowGuests, async (ctx) => {
    welcome(ctx, 201, await setUp(accounts, await readSetUp(ctx.req), originOf(ctx)))
  })

  router.post('/v1/auth/logout', allowSessions, async (ctx) => {
    const { session } = user(ctx)
    // A token of another issuer ends where it was made.
    if (session) await revokeSession(queryableAs(db.pool, reachOf(user(ctx))), session.id)
    clearSessionCookie(ctx, config)
    ctx.status = 204
  })

  router.post('/v1/auth/password', allowSessions, async (ctx) => {
    await changePassword(accounts, user(ctx), await readPassword(ctx.req), addressOf(ctx.req))
    await renewSessionCookie(ctx, deps)
    ctx.status = 204
  })

  router.get('/v1/auth/whoami', allow(), async (ctx) => {
    const { apiKey } = user(ctx)
    const person = await readAccount({ db }, user(ctx))
    const key = apiKey && (await keys.find(user(ctx), apiKey.id))
    ctx.body = {
      auth_method: key ? 'api_key' : 'jwt',
      user: person,
      ...(key && {
        api_key: {
          id: key.id,
          owner: key.owner,
          name: key.name,
          key_prefix: key.key_prefix,
          scopes: key.scopes,
          expires_at: key.expires_at,
        },
      }),
      ...(queryOneOf(ctx, 'include', ['operator']) && { is_operator: user(ctx).isOperator }),
    }
  })

  return router
}
