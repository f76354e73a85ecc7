/** `framecast admin team`: teams, as an operator sees them. */
import { insertMembership } from '../../core/teams/memberships.ts'
import { insertTeam } from '../../core/teams/new-team.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { padEnd } from '../text.ts'
import { type AdminFlags, withPool } from './admin.ts'
import { auditOperator, change, type DryRun, findUser, isOrWouldBe } from './admin-changes.ts'

type TeamRow = {
  id: string
  slug: string
  name: string
  credits: number
  members: number
  owners: string[]
  storage_bytes: number
}

export async function teamList(flags: AdminFlags, { terminal, ...context }: CommandContext): Promise<void> {
  await withPool(flags, { terminal, ...context }, async (pool) => {
    const { rows } = await pool.query<TeamRow>(
      `select t.id, t.slug, t.name, t.credits, t.ephemeral_storage_bytes::float8 as storage_bytes,
         count(m.id)::int as members,
         coalesce(array_agg(u.email::text order by u.email) filter (where m.role = 'owner'), '{}') as owners
       from teams t left join memberships m on m.team_id = t.id left join users u on u.id = m.user_id
       group by t.id order by t.created_at, t.id limit 1000`,
    )
    for (const team of rows) {
      terminal.out(
        flags.json
          ? JSON.stringify(team)
          : `${team.id}  ${padEnd(team.slug, 32)}  ${team.credits} credits, ${team.members} members, owned by ${team.owners.join(', ')}`,
      )
    }
  })
}

/** Makes a team for somebody who is a creator. */
export async function teamCreate(
  flags: AdminFlags & DryRun & { owner: string; name: string; slug?: string },
  context: CommandContext,
): Promise<void> {
  if ([...flags.name].length > 100 || flags.name.trim() === '')
    throw new CliError(EXIT.usage, 'The name of a team has 1 to 100 characters.')
  await withPool(flags, context, async (pool) => {
    const result = await change(pool, flags, async (client) => {
      const owner = await findUser(client, flags.owner)
      if (owner.tier !== 'creator') {
        throw new CliError(
          EXIT.refused,
          `${owner.email} is a starter, and starters own no teams.`,
          `framecast admin user promote --email ${owner.email}`,
        )
      }
      const id = await insertTeam(client, flags.name, flags.slug ?? null)
      await insertMembership(client, { teamId: id, userId: owner.id, role: 'owner' })
      const { rows } = await client.query<{ slug: string }>('select slug from teams where id = $1', [id])
      await auditOperator(client, {
        action: 'team.created',
        subjectType: 'team',
        subjectId: id,
        teamId: id,
        details: { name: flags.name, owner: owner.id },
      })
      return { id, slug: rows[0]!.slug, name: flags.name, owner: owner.email }
    })
    context.terminal.out(
      flags.json
        ? JSON.stringify({ ...result, dry_run: flags.dryRun === true })
        : `Team ${result.slug} ${isOrWouldBe(flags)} made for ${result.owner}${flags.dryRun ? '' : ` (${result.id})`}.`,
    )
  })
}
