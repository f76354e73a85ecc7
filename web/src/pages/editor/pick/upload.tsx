/** Sending files to the team's library without leaving what one is choosing for. */
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { Asset } from '../../../api/client.ts'
import { uploadFile } from '../../../media.ts'
import { Button } from '../../../ui/controls.tsx'
import { wordsOf } from '../../faults.tsx'
import styles from './pick.module.css'

export function Upload({
  owner,
  accept,
  label,
  onUploaded,
}: {
  owner: string
  accept: string
  label: string
  onUploaded: (asset: Asset) => void
}) {
  const queries = useQueryClient()
  const picker = useRef<HTMLInputElement>(null)
  const [isSending, setSending] = useState(false)
  const [fault, setFault] = useState<string>()
  const send = async (files: readonly File[]): Promise<void> => {
    setFault(undefined)
    setSending(true)
    try {
      for (const file of files) {
        const asset = await uploadFile(file, owner)
        await queries.invalidateQueries({ queryKey: ['assets', owner] })
        onUploaded(asset)
      }
    } catch (error) {
      setFault(wordsOf(error))
    } finally {
      setSending(false)
    }
  }
  return (
    <>
      <Button icon="plus" disabled={isSending || owner === ''} onClick={() => picker.current?.click()}>
        {isSending ? 'Uploading' : label}
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        multiple
        accept={accept}
        aria-label={`${label}: files`}
        onChange={(event) => {
          send([...(event.target.files ?? [])])
          event.target.value = ''
        }}
      />
      {fault ? (
        <p role="alert" className={styles.bad}>
          {fault}
        </p>
      ) : null}
    </>
  )
}
