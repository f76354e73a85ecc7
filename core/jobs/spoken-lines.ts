/** Lines of a project's storyboard that renders have had spoken already: how they sound, before it is rendered again. */
import type { Peak } from '../assets/peaks.ts'
import type { Config } from '../platform/config.ts'
import type { Queryable } from '../platform/database.ts'
import type { MediaLinks } from '../platform/media-links.ts'
import { dialogueTimes, lineKey } from '../storyboard/dialogue-times.ts'
import { planShots } from '../storyboard/plan.ts'
import type { Storyboard } from '../storyboard/types.ts'
import { jobsOfLine } from './last-renders.ts'
import { voicePrints } from './stage-prints.ts'

export type SpokenLine = {
  sceneId: string
  /** Place in the scene's dialogue, from 0. */
  index: number
  speaker: string | null
  text: string
  durationS: number
  /** Null for a line that was spoken before shapes were kept. */
  peaks: Peak[] | null
  objectKey: string
}

type Row = { print: string; object_key: string; duration: number; peaks: Peak[] | null }

const LINK_LIFETIME_S = 3_600

/**
 * The lines of a storyboard without faults that need not be spoken again, in the order in which they are heard.
 * @param db that sees what the caller may see
 * @param scope whose cache holds them
 */
export async function spokenLines(
  db: Queryable,
  scope: string,
  projectId: string,
  storyboard: Storyboard,
  voiceEngine: Config['VOICE_ENGINE'],
): Promise<SpokenLine[]> {
  // Of any format: which lines are heard is asked, not where their frames are.
  const plan = planShots(storyboard, { resolution: '720p', aspect: '16:9', fps: 24 })
  const prints = voicePrints(storyboard, plan, voiceEngine)
  if (prints.size === 0) return []
  const jobs = jobsOfLine({ projectId }, 3)
  const { rows } = await db.query<Row>(
    `select distinct on (p.print) p.print, c.object_key, (c.meta ->> 'durationS')::float as duration,
       c.meta -> 'peaks' as peaks
     from (${jobs.sql}) j join job_steps s on s.job_id = j.id
     cross join lateral jsonb_array_elements_text(s.input -> 'prints') as p (print)
     join content_cache c on c.scope = $1 and c.stage = 'voice' and c.object_key = s.result ->> 'objectKey'
     where s.kind = 'voice' and s.state = 'done' and p.print = any($2)
     order by p.print, s.finished_at desc`,
    [scope, [...prints.values()], ...jobs.values],
  )
  const spoken = new Map(rows.map((row) => [row.print, row]))
  const lines = new Map(dialogueTimes(plan, storyboard).map((line) => [lineKey(line), line]))
  return [...lines].flatMap(([key, { sceneId, index, speaker, text }]): SpokenLine[] => {
    const found = spoken.get(prints.get(key) ?? '')
    if (!found) return []
    const { object_key: objectKey, duration: durationS, peaks } = found
    return [{ sceneId, index, speaker, text, durationS, peaks, objectKey }]
  })
}

/** The wire object. */
export const presentLine = async (
  { sceneId, index, speaker, text, durationS, peaks, objectKey }: SpokenLine,
  media: MediaLinks,
): Promise<object> => ({
  scene_id: sceneId,
  index,
  speaker,
  text,
  duration_seconds: durationS,
  peaks,
  url: await media.url(objectKey, LINK_LIFETIME_S),
  url_expires_at: new Date(Date.now() + LINK_LIFETIME_S * 1_000).toISOString(),
})
