/** The files of a film. */
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { toText } from '../../document/text.ts'
import { jobQuery } from '../../queries.ts'
import { Button } from '../../ui/controls.tsx'
import { Menu, type MenuItem } from '../../ui/dialog.tsx'
import { wordsOf } from '../faults.tsx'
import styles from './film.module.css'
import { type Film, isFilm, revisionOf } from './films.ts'

/** Links hold for an hour. */
const FRESH_MS = 30 * 60_000

type Kind = 'video' | 'srt' | 'vtt' | 'contact_sheet'

function save(address: string, name: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
}

export function Downloads({ film }: { film: Film }) {
  const queries = useQueryClient()
  const [fault, setFault] = useState<string>()

  const file = async (kind: Kind): Promise<void> => {
    setFault(undefined)
    try {
      const read = await queries.fetchQuery({ ...jobQuery(film.id), staleTime: FRESH_MS })
      const address = isFilm(read) ? read.output.downloads?.[kind] : undefined
      if (!address) throw new Error('This file is no longer there.')
      save(address, '')
    } catch (error) {
      setFault(wordsOf(error))
    }
  }

  const storyboard = (): void => {
    const address = URL.createObjectURL(new Blob([toText(film.spec_snapshot)], { type: 'application/yaml' }))
    const { title } = film.spec_snapshot as { title?: unknown }
    const name = typeof title === 'string' ? title.replace(/[\p{Cc}"*/:<>?\\|]+/gu, ' ') : 'Storyboard'
    save(address, `${[name, revisionOf(film)].filter(Boolean).join(' ')}.yaml`)
    URL.revokeObjectURL(address)
  }

  const captions: MenuItem[] = film.output.captions
    ? [
        { label: 'Captions (SRT)', onSelect: () => file('srt') },
        { label: 'Captions (VTT)', onSelect: () => file('vtt') },
      ]
    : []
  return (
    <>
      {fault ? (
        <span className={styles.fault} role="alert">
          {fault}
        </span>
      ) : null}
      <Menu
        trigger={<Button icon="download">Download</Button>}
        items={[
          { label: 'Film', onSelect: () => file('video') },
          ...captions,
          { label: 'Contact sheet', onSelect: () => file('contact_sheet') },
          { label: 'Storyboard', onSelect: storyboard },
        ]}
      />
    </>
  )
}
