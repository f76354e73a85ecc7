/** One film on a screen: picture, captions, and an address that is renewed when it has ended. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react'
import { jobQuery } from '../../queries.ts'
import type { Film } from './films.ts'
import { useSettings } from './settings.ts'

/** Addresses that may fail one after the other before the film is given up. */
const MOST_TRIES = 2

/**
 * The address of a film, which stays the same for as long as it is good: the job is read now and then, and has another
 * one each time.
 */
function useAddress(film: Film, onLost: (() => void) | undefined) {
  const queries = useQueryClient()
  const [address, setAddress] = useState(film.output.video_url)
  const tries = useRef(0)
  return {
    address,
    onError: (element: HTMLVideoElement): void => {
      if (tries.current >= MOST_TRIES) {
        onLost?.()
        return
      }
      tries.current += 1
      queries
        .fetchQuery({ ...jobQuery(film.id), staleTime: 0 })
        .then((job) => {
          if (!job.output) throw new Error('the film is no longer there')
          // The very same address is worth another try, too.
          if (job.output.video_url === address) element.load()
          else setAddress(job.output.video_url)
        })
        .catch(() => onLost?.())
    },
    onShown: (): void => {
      tries.current = 0
    },
  }
}

/** Where captions begin, in percent of the picture's height: two lines fit below it, and do not touch the edge. */
const CAPTION_LINE = 86

function placeCues(track: TextTrack): void {
  for (const cue of track.cues ?? [])
    if (cue instanceof VTTCue && cue.line === 'auto') {
      cue.snapToLines = false
      cue.line = CAPTION_LINE
    }
}

/** The captions as an address of this page: a film from elsewhere could not show its own. */
function useCaptions(film: Film): string | null {
  const { data: text } = useQuery({
    queryKey: ['captions', film.id],
    queryFn: async ({ signal }) => {
      const response = await fetch(film.output.captions!.vtt, { signal })
      if (!response.ok) throw new Error(`the captions answered ${response.status}`)
      return response.text()
    },
    enabled: film.output.captions !== null,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const [address, setAddress] = useState<string | null>(null)
  useEffect(() => {
    if (text === undefined) return
    const made = URL.createObjectURL(new Blob([text], { type: 'text/vtt' }))
    setAddress(made)
    return () => URL.revokeObjectURL(made)
  }, [text])
  return address
}

export function Screen({
  film,
  label,
  silent = false,
  className,
  ref,
  onLost,
}: {
  film: Film
  label: string
  /** Whatever the volume is. */
  silent?: boolean
  className?: string | undefined
  ref: Ref<HTMLVideoElement>
  onLost?: () => void
}) {
  const video = useRef<HTMLVideoElement>(null)
  useImperativeHandle(ref, () => video.current!, [])
  const { address, onError, onShown } = useAddress(film, onLost)
  const captions = useCaptions(film)
  const settings = useSettings()
  const isMuted = settings.muted || silent

  useEffect(() => {
    if (!video.current) return
    video.current.muted = isMuted
    video.current.volume = settings.volume
  }, [isMuted, settings.volume])

  useEffect(() => {
    const element = video.current?.querySelector('track')
    if (!element || captions === null) return
    const place = (): void => placeCues(element.track)
    element.addEventListener('load', place)
    return () => element.removeEventListener('load', place)
  }, [captions])

  useEffect(() => {
    const track = captions === null ? undefined : video.current?.textTracks[0]
    if (track) track.mode = settings.captions ? 'showing' : 'hidden'
  }, [captions, settings.captions])

  return (
    // biome-ignore lint/a11y/useMediaCaption: it has them wherever something is said
    <video
      ref={video}
      className={className}
      src={address}
      poster={film.output.thumbnail_url}
      aria-label={label}
      preload="auto"
      playsInline
      onError={(event) => onError(event.currentTarget)}
      onLoadedData={onShown}
    >
      {captions ? (
        <track kind="captions" label="Captions" src={captions} default={settings.captions} />
      ) : null}
    </video>
  )
}
