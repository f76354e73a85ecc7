/** The films of a project, with the one that has just been made. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import type { Job } from '../../api/client.ts'
import { filmsQuery, jobQuery } from '../../queries.ts'
import { type Film, isFilm } from './films.ts'

export type Films = {
  /** Newest first; undefined while they are read. */
  films: Film[] | undefined
  error: Error | null
  again: () => void
}

/** @param job the newest render of the project */
export function useFilms(projectId: string, job: Job | undefined): Films {
  const queries = useQueryClient()
  const { data, error, refetch } = useQuery(filmsQuery(projectId))
  const made = isFilm(job) ? job : undefined
  const isNew = made !== undefined && data !== undefined && !data.some(({ id }) => id === made.id)
  useEffect(() => {
    if (isNew) queries.invalidateQueries({ queryKey: filmsQuery(projectId).queryKey })
  }, [isNew, projectId, queries])
  const films = useMemo(() => {
    const known = data?.filter(isFilm)
    if (!made || known?.some(({ id }) => id === made.id)) return known
    return [made, ...(known ?? [])]
  }, [data, made])
  return { films, error, again: () => void refetch() }
}

/** A film by its id, when it is none of the newest. */
export function useFilm(
  id: string | undefined,
  films: readonly Film[] | undefined,
): { film: Film | undefined; isRead: boolean } {
  const known = films?.find((film) => film.id === id)
  const isAsked = id !== undefined && films !== undefined && known === undefined
  const { data, isPending } = useQuery({ ...jobQuery(id ?? ''), enabled: isAsked })
  return { film: known ?? (isAsked && isFilm(data) ? data : undefined), isRead: isAsked && isPending }
}

/** A film as it was read first: it is read again now and then, and only its links are others. */
export function useSteady<F extends Film | undefined>(film: F): F {
  const [held, setHeld] = useState(film)
  if (held?.id === film?.id) return held
  setHeld(film)
  return film
}
