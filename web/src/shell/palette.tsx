/** Search and commands (Ctrl or Cmd K), and the list of keys (?). Loaded when first wanted. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Dialog as RadixDialog } from 'radix-ui'
import { type KeyboardEvent, useId, useRef, useState } from 'react'
import { type Command, fitOf, lettersAreOn, switchLetters, useCommands } from '../commands.ts'
import { projectsQuery, teamsQuery } from '../queries.ts'
import { Dialog } from '../ui/dialog.tsx'
import styles from './palette.module.css'

const MOST = 50
const isMac = /Mac|iP(?:hone|ad)/.test(navigator.platform)

/** `Mod+Shift+Z` as people know it. */
function Keys({ keys }: { keys: string }) {
  const words: Record<string, string> = {
    Mod: isMac ? 'Cmd' : 'Ctrl',
    ArrowLeft: '←',
    ArrowRight: '→',
    ' ': 'Space',
  }
  return keys.split('+').map((key) => <kbd key={key}>{words[key] ?? key}</kbd>)
}

const MY_PAGES = [
  ['Account', '/account'],
  ['API keys', '/account/keys'],
  ['Sessions', '/account/sessions'],
] as const

/** Pages and films, as commands. */
function usePlaces(): Command[] {
  const navigate = useNavigate()
  const { team: slug } = useParams({ strict: false })
  const { data: teams } = useQuery(teamsQuery)
  const team = teams?.find((each) => each.slug === slug)
  const { data: projects } = useQuery({ ...projectsQuery(team?.id ?? '', false), enabled: Boolean(team) })
  if (!team) return []
  const page = (
    title: string,
    to:
      | '/t/$team'
      | '/t/$team/library'
      | '/t/$team/queue'
      | '/t/$team/team'
      | '/t/$team/webhooks'
      | '/t/$team/usage',
  ): Command => ({
    id: to,
    title,
    group: 'Go to',
    run: () => void navigate({ to, params: { team: team.slug }, search: {} }),
  })
  return [
    page('Projects', '/t/$team'),
    page('Library', '/t/$team/library'),
    page('Queue', '/t/$team/queue'),
    { id: '/engines', title: 'Engines', group: 'Go to', run: () => void navigate({ to: '/engines' }) },
    page('Team', '/t/$team/team'),
    page('Webhooks', '/t/$team/webhooks'),
    page('Usage', '/t/$team/usage'),
    ...MY_PAGES.map(
      ([title, to]): Command => ({ id: to, title, group: 'Go to', run: () => void navigate({ to }) }),
    ),
    ...(projects ?? []).map(
      ({ id, name }): Command => ({
        id,
        title: name,
        group: 'Open',
        run: () =>
          void navigate({ to: '/t/$team/p/$project', params: { team: team.slug, project: id }, search: {} }),
      }),
    ),
  ]
}

export function Palette({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const commands = useCommands()
  const places = usePlaces()
  const found = [...commands, ...places]
    .map((command) => ({ command, fit: fitOf(command.title, typed) }))
    .filter(({ fit }) => fit > 0)
    .sort((a, b) => b.fit - a.fit)
    .slice(0, MOST)
    .map(({ command }) => command)
  const chosen = Math.min(at, found.length - 1)

  const run = (command: Command | undefined): void => {
    if (!command) return
    onClose()
    // After the dialog has given the focus back, which the command may want to move.
    setTimeout(() => command.run())
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 }
    const step = steps[event.key]
    if (step) {
      event.preventDefault()
      const next = (chosen + step + found.length) % Math.max(1, found.length)
      setAt(next)
      list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter') {
      event.preventDefault()
      run(found[chosen])
    }
  }

  return (
    <RadixDialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className={styles.scrim} />
        <RadixDialog.Content className={styles.palette} aria-describedby={undefined}>
          <RadixDialog.Title className="sr-only">Search and commands</RadixDialog.Title>
          <input
            className={styles.field}
            role="combobox"
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={found[chosen] ? `${id}-${chosen}` : undefined}
            aria-label="Search pages, films and commands"
            placeholder="Search pages, films and commands"
            autoComplete="off"
            value={typed}
            onKeyDown={onKeyDown}
            onChange={(event) => {
              setTyped(event.target.value)
              setAt(0)
            }}
          />
          {found.length === 0 ? <p className={styles.none}>Nothing matches “{typed}”.</p> : null}
          <div ref={list} id={`${id}-list`} role="listbox" aria-label="Found" className={styles.found}>
            {found.map((command, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above hears the keys
              <div
                key={command.id}
                id={`${id}-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === chosen}
                className={styles.option}
                onClick={() => run(command)}
                onPointerMove={() => setAt(index)}
              >
                {command.title}
                <small>{command.keys ? <Keys keys={command.keys} /> : command.group}</small>
              </div>
            ))}
          </div>
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  )
}

/** Every key that does something on this page. */
export function KeysHelp({ onClose }: { onClose: () => void }) {
  const [letters, setLetters] = useState(lettersAreOn)
  const groups = Map.groupBy(
    useCommands().filter(({ keys }) => keys),
    ({ group }) => group ?? 'This page',
  )
  return (
    <Dialog open onClose={onClose} title="Keys">
      <div className={styles.keys}>
        {[...groups].map(([group, commands]) => (
          <section key={group} aria-label={group}>
            <h3>{group}</h3>
            <dl>
              {commands.map(({ id, title, keys }) => (
                <div key={id} style={{ display: 'contents' }}>
                  <dt>{title}</dt>
                  <dd>
                    <Keys keys={keys!} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <label className={styles.letters}>
        <input
          type="checkbox"
          checked={letters}
          onChange={(event) => {
            setLetters(event.target.checked)
            switchLetters(event.target.checked)
          }}
        />
        Single letters do something
      </label>
    </Dialog>
  )
}
