/** Every operation of the API, in reading order. A route without an entry here fails a test, and the other way round. */
import { accountOperations, keyOperations, usageOperations } from './accounts.ts'
import { assetOperations } from './assets.ts'
import { cacheOperations } from './cache.ts'
import { engineOperations } from './engines.ts'
import { invitationOperations } from './invitations.ts'
import { jobOperations } from './jobs.ts'
import { liveOperations } from './live.ts'
import type { Operation, Tag } from './operation.ts'
import { projectOperations } from './projects.ts'
import { storyboardOperations } from './storyboards.ts'
import { systemOperations } from './system.ts'
import { systemAssetOperations } from './system-assets.ts'
import { teamOperations } from './teams.ts'
import { webhookOperations } from './webhooks.ts'

export const OPERATIONS: readonly Operation[] = [
  ...accountOperations,
  ...keyOperations,
  ...storyboardOperations,
  ...teamOperations,
  ...invitationOperations,
  ...projectOperations,
  ...jobOperations,
  ...cacheOperations,
  ...liveOperations,
  ...assetOperations,
  ...systemAssetOperations,
  ...webhookOperations,
  ...engineOperations,
  ...usageOperations,
  ...systemOperations,
]

export const TAGS: Readonly<Record<Tag, string>> = {
  Accounts: 'Signing up and in, and what one keeps of oneself.',
  'API keys': 'Credentials for programs.',
  Teams: 'People who work together, and what they may do.',
  Invitations: 'The way into a team.',
  Projects: 'Storyboards that a team keeps and renders.',
  Storyboards: 'Is it valid, and what would it take.',
  Jobs: 'Renders, from request to film.',
  Cache: 'What was made once and is reused.',
  Live: 'Following renders while they run.',
  'Watch links': 'One job’s live page for people without an account.',
  Assets: 'Pictures and sounds for storyboards.',
  'System assets': 'Sounds that come with Framecast.',
  Engines: 'The servers that render, and taking them out of service.',
  Webhooks: 'Events sent to addresses of a team.',
  'Usage and audit': 'What was used, and who did what.',
  System: 'The installation and its documents.',
  Viewer: 'What browsers load.',
}
