/** A render that was not taken: why, and what would be. */
import { useQuery } from '@tanstack/react-query'
import { ApiError, type RenderPlan, type Team } from '../../api/client.ts'
import { count } from '../../format.ts'
import { membersQuery, planQuery } from '../../queries.ts'
import { useCaller } from '../../session.tsx'
import { Button, IconButton } from '../../ui/controls.tsx'
import { FaultDetails } from '../../ui/fault-details.tsx'
import { Icon } from '../../ui/icon.tsx'
import { wordsOf } from '../faults.tsx'
import { isWithin, lackOf, lackWords, refusalWords } from './refusal-words.ts'
import bar from './render-bar.module.css'
import type { StartRender } from './render-bar.tsx'

const SMALL = { resolution: '480p' }

export function Refused({
  error,
  projectId,
  revision,
  plan,
  team,
  onRender,
  onDismiss,
}: {
  error: unknown
  projectId: string
  revision: number
  plan: RenderPlan | undefined
  team: Team | undefined
  onRender: StartRender
  onDismiss: () => void
}) {
  const me = useCaller().user.id
  const isCredits = error instanceof ApiError && error.status === 402
  const lack = isCredits ? lackOf(plan) : null
  const { data: members } = useQuery({
    ...membersQuery(team?.id ?? ''),
    enabled: team !== undefined && isCredits,
  })
  const { data: small } = useQuery({
    ...planQuery(projectId, revision, null, SMALL),
    enabled: lack !== null,
  })
  const owner = members?.find(({ role }) => role === 'owner')
  const whom = owner && owner.user_id !== me ? (owner.user_name ?? owner.user_email) : null
  const cheaper = small?.totals.credits
  const words = lack
    ? lackWords(lack, whom, cheaper)
    : error instanceof ApiError
      ? refusalWords(error)
      : wordsOf(error)
  return (
    <section className={bar.outcome} data-status="failed" aria-label="Not rendered">
      <p role="alert">
        <Icon name="failed" />
        {words}
      </p>
      {lack && isWithin(lack.has, lack.needs, cheaper) ? (
        <Button onClick={() => onRender(SMALL)}>Render at 480p, {count(cheaper, 'credit')}</Button>
      ) : null}
      {lack ? <Button onClick={() => onRender({ engine: 'preview' })}>Make the animatic</Button> : null}
      <FaultDetails error={error} />
      <IconButton icon="close" label="Take note" onClick={onDismiss} />
    </section>
  )
}
