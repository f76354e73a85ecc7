/** The people, places and things of a film: their words, reference pictures and voice. */
import { lazy, Suspense, useState } from 'react'
import { mentions } from '../../../../../core/storyboard/prompts.ts'
import type { Change } from '../../../document/edit.ts'
import type { Path } from '../../../document/text.ts'
import { count } from '../../../format.ts'
import { Button, IconButton } from '../../../ui/controls.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { PlaySound } from '../../../ui/play-sound.tsx'
import type { Editing } from './editing.ts'
import { NameField, Share, TextArea } from './fields.tsx'
import styles from './inspector.module.css'
import { SoundButton } from './sound-button.tsx'

const PickPictures = lazy(() => import('../pick/pick-pictures.tsx'))

const MOST_SYMBOLS = 20
const MOST_PICTURES = 8
const NAME = /^\w{1,64}$/

type Named = NonNullable<NonNullable<Editing['document']['symbols']>[string]>

const pictureUrl = (editing: Editing, id: string | undefined): string | undefined =>
  editing.files.find((file) => file.id === id)?.thumbnail_url

/** The symbols as buttons that open them. */
export function Cast({
  editing,
  names,
  canAdd,
}: {
  editing: Editing
  names: readonly string[]
  canAdd: boolean
}) {
  const [opened, setOpened] = useState<string | null>(null)
  const symbols = editing.document.symbols ?? {}
  const all = Object.keys(symbols)
  const add = (): void => {
    let number = all.length + 1
    while (all.includes(`symbol_${number}`)) number += 1
    const name = `symbol_${number}`
    editing.change('add a symbol', { path: ['symbols', name], value: { prompt: 'What it looks like' } })
    setOpened(name)
  }
  return (
    <>
      <div className={styles.subhead}>
        Cast and places
        {canAdd ? (
          <Button
            icon="plus"
            disabled={!editing.isEditable || all.length >= MOST_SYMBOLS}
            title={all.length >= MOST_SYMBOLS ? `${MOST_SYMBOLS} symbols are the most` : undefined}
            onClick={add}
          >
            Symbol
          </Button>
        ) : null}
      </div>
      {names.length === 0 ? (
        <p className={styles.small}>
          {all.length === 0
            ? 'People and places have a name here, and look the same wherever a prompt says @name.'
            : 'Type @ in the prompt to use one.'}
        </p>
      ) : (
        <div className={styles.cast}>
          {names.map((name) => {
            const symbol = symbols[name]
            const pictures = symbol?.reference_images ?? []
            const url = pictureUrl(editing, pictures[0]?.id)
            return (
              <button key={name} type="button" className={styles.member} onClick={() => setOpened(name)}>
                {url ? <img src={url} alt="" /> : <i aria-hidden="true">{name[0]?.toUpperCase()}</i>}
                <b>
                  <span className="sr-only">Edit </span>@{name}
                </b>
                <small>
                  {pictures.length > 0 ? count(pictures.length, 'picture') : 'No picture'}
                  {symbol?.voice ? ', a voice' : ''}
                </small>
              </button>
            )
          })}
        </div>
      )}
      {opened !== null && symbols[opened] ? (
        <SymbolDialog
          editing={editing}
          name={opened}
          symbol={symbols[opened]}
          onRenamed={setOpened}
          onClose={() => setOpened(null)}
        />
      ) : null}
    </>
  )
}

/** A symbol gets another name, and so does every place that names it. */
function renamedSymbol({ document }: Editing, from: string, to: string): Change[] {
  const changes: Change[] = [{ path: ['symbols', from], key: to }]
  for (const [at, scene] of (document.scenes ?? []).entries()) {
    const prompt = String(scene?.prompt ?? '')
    if (mentions(prompt).includes(from))
      changes.push({
        path: ['scenes', at, 'prompt'],
        value: prompt.replace(/@(\w+)/g, (whole, name: string) => (name === from ? `@${to}` : whole)),
      })
    for (const [index, line] of (scene?.audio?.dialogue ?? []).entries())
      if (line?.speaker === from)
        changes.push({ path: ['scenes', at, 'audio', 'dialogue', index, 'speaker'], value: to })
  }
  return changes
}

function SymbolDialog({
  editing,
  name,
  symbol,
  onRenamed,
  onClose,
}: {
  editing: Editing
  name: string
  symbol: Named
  onRenamed: (name: string) => void
  onClose: () => void
}) {
  const [isPicking, setPicking] = useState(false)
  const path: Path = ['symbols', name]
  const pictures = symbol.reference_images ?? []
  const voice = symbol.voice?.asset_id
  const set = (field: string, words: string, value: unknown): void =>
    editing.change(`change the ${words} of @${name}`, { path: [...path, field], value })
  const scenes = (editing.document.scenes ?? []).filter((scene) =>
    mentions(String(scene?.prompt ?? '')).includes(name),
  ).length

  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`@${name}`}
      actions={
        <>
          <Button
            disabled={!editing.isEditable || scenes > 0}
            title={scenes > 0 ? `Used in ${count(scenes, 'scene')}` : undefined}
            onClick={() => {
              onClose()
              editing.change(`remove @${name}`, { path, value: undefined })
            }}
          >
            Remove symbol
          </Button>
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <p>{scenes > 0 ? `Used in ${count(scenes, 'scene')}.` : 'No scene uses it yet.'}</p>
      <NameField
        label="Name"
        limit="letters, digits and underscores, at most 64"
        value={name}
        readOnly={!editing.isEditable}
        refusal={(to) =>
          !NAME.test(to)
            ? 'A name has 1 to 64 letters, digits or underscores.'
            : editing.document.symbols?.[to]
              ? `There is an @${to} already.`
              : undefined
        }
        onCommit={(to) => {
          editing.change(`rename @${name}`, ...renamedSymbol(editing, name, to))
          onRenamed(to)
        }}
      />
      <TextArea
        label="Looks like"
        most={1000}
        rows={4}
        value={String(symbol.prompt ?? '')}
        readOnly={!editing.isEditable}
        error={editing.faultOf([...path, 'prompt'])}
        onChange={(value) => set('prompt', 'looks', value)}
      />
      <TextArea
        label="Never shows"
        most={1000}
        rows={2}
        value={symbol.negative ?? ''}
        readOnly={!editing.isEditable}
        error={editing.faultOf([...path, 'negative'])}
        onChange={(value) => set('negative', 'negative prompt', value === '' ? undefined : value)}
      />
      <div className={styles.subhead}>
        <span>
          Reference pictures{' '}
          <small>
            {pictures.length} of {MOST_PICTURES}
          </small>
        </span>
        <Button disabled={!editing.isEditable} onClick={() => setPicking(true)}>
          Choose pictures
        </Button>
      </div>
      <div className={styles.pictures}>
        {pictures.map((picture, index) => {
          const file = editing.files.find(({ id }) => id === picture.id)
          const fault = editing.faultOf([...path, 'reference_images', index, 'id'])
          return (
            <div key={picture.id} className={styles.picture}>
              <img src={file?.thumbnail_url} alt={file?.filename ?? 'A picture that is not in the library'} />
              <Share
                label="Weight"
                value={picture.weight}
                fallback={1}
                readOnly={!editing.isEditable}
                error={fault}
                onChange={(value) =>
                  editing.change(`change the weight of a picture of @${name}`, {
                    path: [...path, 'reference_images', index, 'weight'],
                    value,
                  })
                }
              />
              <Button
                disabled={!editing.isEditable}
                aria-label={`Remove ${file?.filename ?? 'the picture'}`}
                onClick={() =>
                  editing.change(`remove a picture of @${name}`, {
                    path: [...path, 'reference_images', index],
                    value: undefined,
                  })
                }
              >
                Remove
              </Button>
            </div>
          )
        })}
      </div>
      <div className={styles.soundHead}>
        <span className={styles.soundName}>
          Voice: {voice ? (editing.sounds.get(voice)?.name ?? voice) : 'none; a symbol that speaks needs one'}
        </span>
        {voice ? (
          <PlaySound
            id={voice}
            name={`the voice of @${name}`}
            disabled={!editing.sounds.get(voice)?.isThere}
          />
        ) : null}
        <SoundButton
          editing={editing}
          label={voice ? 'Change' : 'Choose a voice'}
          title={`A sound that carries the voice of @${name}`}
          prefers="team"
          used={voice}
          onPick={({ id }) =>
            editing.change(`change the voice of @${name}`, {
              path: [...path, 'voice', 'asset_id'],
              value: id,
            })
          }
        />
        {voice ? (
          <IconButton
            icon="close"
            label={`Remove the voice of @${name}`}
            disabled={!editing.isEditable}
            onClick={() =>
              editing.change(`remove the voice of @${name}`, { path: [...path, 'voice'], value: undefined })
            }
          />
        ) : null}
      </div>
      {isPicking ? (
        <Suspense fallback={null}>
          <PickPictures
            owner={editing.owner}
            title={`Reference pictures of @${name}`}
            used={pictures.map(({ id }) => id)}
            most={MOST_PICTURES}
            onClose={() => setPicking(false)}
            onPick={(ids) => {
              setPicking(false)
              const known = new Map(pictures.map((picture) => [picture.id, picture]))
              set(
                'reference_images',
                'pictures',
                ids.length === 0 ? undefined : ids.map((id) => known.get(id) ?? { id }),
              )
            }}
          />
        </Suspense>
      ) : null}
    </Dialog>
  )
}
