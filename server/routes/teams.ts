/** Teams and their members. */
import Router from '@koa/router'
import { refuseOwnId } from '../../core/teams/member-rules.ts'
import memberSchema from '../../schemas/membership-change-request.schema.json' with { type: 'json' }
import changeSchema from '../../schemas/team-change-request.schema.json' with { type: 'json' }
import teamSchema from '../../schemas/team-request.schema.json' with { type: 'json' }
import type { MembershipChangeRequest, TeamChangeRequest, TeamRequest } from '../../schemas/types.ts'
import { bodyReader } from '../body.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { type Access, user } from '../middleware/access.ts'
import { createPager } from '../paging.ts'
import { pathId } from '../query.ts'

const readTeam = bodyReader<TeamRequest>(teamSchema)
const readChange = bodyReader<TeamChangeRequest>(changeSchema)
const readMemberChange = bodyReader<MembershipChangeRequest>(memberSchema)

const DEFAULT_LIMIT = 100

export function teamRoutes(
  { config, teams, members }: ServerDeps,
  { allowCreatorSessions }: Pick<Access, 'allowCreatorSessions'>,
): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const teamPager = createPager(config.DATA_KEY, 'teams', config.APP_BASE_URL)
  const memberPager = createPager(config.DATA_KEY, 'members', config.APP_BASE_URL)

  router.get('/v1/teams', allowCreatorSessions, async (ctx) => {
    const page = await teams.list(user(ctx), teamPager.read(ctx, DEFAULT_LIMIT))
    teamPager.announce(ctx, page.next)
    ctx.body = page.teams
  })

  router.post('/v1/teams', allowCreatorSessions, async (ctx) => {
    const { name, slug, initial_credits } = await readTeam(ctx.req)
    const team = await teams.create(user(ctx), {
      name,
      slug: slug ?? null,
      initialCredits: initial_credits ?? 0,
    })
    ctx.status = 201
    ctx.set('Location', `/v1/teams/${team.id}`)
    ctx.body = team
  })

  router.get('/v1/teams/:id', allowCreatorSessions, async (ctx) => {
    ctx.body = await teams.find(user(ctx), pathId(ctx))
  })

  router.patch('/v1/teams/:id', allowCreatorSessions, async (ctx) => {
    const id = pathId(ctx)
    ctx.body = await teams.change(user(ctx), id, await readChange(ctx.req))
  })

  router.delete('/v1/teams/:id', allowCreatorSessions, async (ctx) => {
    await teams.remove(user(ctx), pathId(ctx))
    ctx.status = 204
  })

  router.get('/v1/teams/:id/members', allowCreatorSessions, async (ctx) => {
    const page = await members.list(user(ctx), pathId(ctx), memberPager.read(ctx, DEFAULT_LIMIT))
    memberPager.announce(ctx, page.next)
    ctx.body = page.members
  })

  router.patch('/v1/teams/:id/members/:user_id', allowCreatorSessions, async (ctx) => {
    const [teamId, userId] = [pathId(ctx), pathId(ctx, 'user_id')]
    refuseOwnId(user(ctx), userId, 'nobody changes their own role')
    const { role } = await readMemberChange(ctx.req)
    ctx.body = await members.changeRole(user(ctx), teamId, userId, role)
  })

  router.delete('/v1/teams/:id/members/:user_id', allowCreatorSessions, async (ctx) => {
    const [teamId, userId] = [pathId(ctx), pathId(ctx, 'user_id')]
    refuseOwnId(user(ctx), userId, 'use leave to go')
    await members.remove(user(ctx), teamId, userId)
    ctx.status = 204
  })

  router.post('/v1/teams/:id/leave', allowCreatorSessions, async (ctx) => {
    await members.leave(user(ctx), pathId(ctx))
    ctx.status = 204
  })

  return router
}
