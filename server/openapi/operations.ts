/** Every operation of the API, in reading order. A route without an entry here fails a test, and the other way round. */
import { assetOperations } from './assets.ts'
import { jobOperations } from './jobs.ts'
import { liveOperations } from './live.ts'
import type { Operation, Tag } from './operation.ts'
import { storyboardOperations } from './storyboards.ts'
import { systemOperations } from './system.ts'

export const OPERATIONS: readonly Operation[] = [
  ...storyboardOperations,
  ...jobOperations,
  ...liveOperations,
  ...assetOperations,
  ...systemOperations,
]

export const TAGS: Readonly<Record<Tag, string>> = {
  Storyboards: 'Is it valid, and what would it take.',
  Jobs: 'Renders, from request to film.',
  Live: 'Following renders while they run.',
  'Watch links': 'One job’s live page for people without an account.',
  Assets: 'Pictures and sounds for storyboards.',
  System: 'The installation and its documents.',
  Viewer: 'What browsers load.',
}
