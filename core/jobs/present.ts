/** Jobs and events as the wire shows them. Object keys become links here, and nowhere else. */
import type { MediaLinks } from '../platform/media-links.ts'
import type { Job } from './entities.ts'
import type { Standing } from './standing.ts'
import { type FilmSound, type JobEvent, type JobOutput, type JobProgress, silentTrack } from './types.ts'

const HOUR_S = 3_600

async function presentProgress(progress: JobProgress, media: MediaLinks): Promise<object> {
  const { previews, ...rest } = progress
  if (!previews) return rest
  const links = previews.map(async ({ scene_id, key, generated_at }) => ({
    scene_id,
    url: await media.url(key, HOUR_S),
    generated_at,
  }))
  return { ...rest, previews: await Promise.all(links) }
}

/** Films made before sound was mixed say `silent`. */
const presentSound = (sound: FilmSound | 'silent'): FilmSound => (sound === 'silent' ? silentTrack() : sound)

/** Name for the files of a film on somebody's disk: `The last ferry r42`. */
function nameOf({ specSnapshot, specRevision }: Job): string {
  const { title } = specSnapshot
  // What no disk takes in a name.
  const plain = typeof title === 'string' ? title.replace(/[\p{Cc}"*/:<>?\\|]+/gu, ' ').trim() : ''
  const name = plain.slice(0, 80).toWellFormed().trim() || 'Film'
  return specRevision ? `${name} r${specRevision}` : name
}

async function presentOutput(job: Job, output: JobOutput, media: MediaLinks): Promise<object> {
  const name = nameOf(job)
  return {
    video_url: await media.url(output.video_key, HOUR_S),
    scene_clips: await Promise.all(
      output.scene_clips.map(async (clip) => ({
        scene_id: clip.scene_id,
        url: await media.url(clip.key, HOUR_S),
        duration: clip.duration,
        ...(clip.sha256 && { sha256: clip.sha256 }),
      })),
    ),
    thumbnail_url: await media.url(output.thumbnail_key, HOUR_S),
    contact_sheet_url: await media.url(output.contact_sheet_key, HOUR_S),
    captions: output.captions
      ? {
          srt: await media.url(output.captions.srt_key, HOUR_S),
          vtt: await media.url(output.captions.vtt_key, HOUR_S),
        }
      : null,
    downloads: {
      video: await media.url(output.video_key, HOUR_S, `${name}.mp4`),
      contact_sheet: await media.url(output.contact_sheet_key, HOUR_S, `${name}.png`),
      ...(output.captions && {
        srt: await media.url(output.captions.srt_key, HOUR_S, `${name}.srt`),
        vtt: await media.url(output.captions.vtt_key, HOUR_S, `${name}.vtt`),
      }),
    },
    duration: output.duration,
    resolution: output.resolution,
    format: output.format,
    size_bytes: output.size_bytes,
    sha256: output.sha256,
    metadata: {
      ...output.metadata,
      sound: presentSound(output.metadata.sound),
      spec_revision: job.specRevision ?? null,
    },
  }
}

const iso = (date: Date | null | undefined): string | null => date?.toISOString() ?? null

/**
 * The wire object, keys in the documented order, absent values as null.
 * @param standing where it was looked up; nothing in it for a job that is over
 */
export async function presentJob(job: Job, media: MediaLinks, standing?: Partial<Standing>): Promise<object> {
  return {
    id: job.id,
    owner: job.owner,
    triggered_by: job.triggeredBy,
    project_id: job.projectId ?? null,
    status: job.status,
    spec_snapshot: job.specSnapshot,
    options: job.options,
    progress: await presentProgress(job.progress, media),
    output: job.output ? await presentOutput(job, job.output, media) : null,
    output_size_bytes: job.outputSizeBytes ?? null,
    error: job.error ?? null,
    credits_charged: job.creditsCharged,
    failure_type: job.failureType ?? null,
    credits_refunded: job.creditsRefunded,
    idempotency_key: job.idempotencyKey ?? null,
    started_at: iso(job.startedAt),
    completed_at: iso(job.completedAt),
    created_at: iso(job.createdAt),
    updated_at: iso(job.updatedAt),
    ...(standing && { engine: job.engine, ...standing }),
  }
}

/** An event's payload as readers get it. */
export async function presentPayload(event: JobEvent, media: MediaLinks): Promise<object> {
  return event.event_type === 'progress' || 'previews' in event.payload
    ? presentProgress(event.payload as JobProgress, media)
    : event.payload
}
