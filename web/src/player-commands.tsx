/** What can be done with a film, for the palette and the list of keys; `usePlayerKeys` hears the keys. */
import { type Command, useCommand } from './commands.ts'
import type { Player } from './player.ts'

type Offered = Omit<Command, 'group' | 'keysAreHeard'>

const ofPlayer = (player: Player): Offered[] => {
  const by = (frames: number) => (): void => player.seek(player.state().frame + frames)
  return [
    { id: 'play', title: 'Play or pause', keys: 'Space', run: player.toggle },
    { id: 'play-on', title: 'Play, faster each time', keys: 'L', run: () => player.shuttle(1) },
    { id: 'play-back', title: 'Play backwards, faster each time', keys: 'J', run: () => player.shuttle(-1) },
    { id: 'stop', title: 'Stop the film', keys: 'K', run: player.stop },
    { id: 'frame-on', title: 'One frame on', keys: 'ArrowRight', run: by(1) },
    { id: 'frame-back', title: 'One frame back', keys: 'ArrowLeft', run: by(-1) },
    { id: 'second-on', title: 'A second on', keys: 'Shift+ArrowRight', run: by(Math.round(player.fps)) },
    { id: 'second-back', title: 'A second back', keys: 'Shift+ArrowLeft', run: by(-Math.round(player.fps)) },
    { id: 'next-cut', title: 'Next cut', keys: 'ArrowDown', run: () => player.seekCut(1) },
    { id: 'previous-cut', title: 'Previous cut', keys: 'ArrowUp', run: () => player.seekCut(-1) },
    { id: 'set-in', title: 'Set in', keys: 'I', run: player.setIn },
    { id: 'set-out', title: 'Set out', keys: 'O', run: player.setOut },
    { id: 'clear-part', title: 'Clear in and out', keys: 'X', run: player.clearPart },
  ]
}

/** Titles of the letters that a page may give a meaning. */
const TITLES: Readonly<Record<string, string>> = {
  b: 'Change the grey around the picture',
  c: 'Compare two films',
  f: 'Full screen',
  m: 'Sound on or off',
  v: 'Captions on or off',
  '1': 'Show A',
  '2': 'Show B',
}

/** @param keys those of the page, as `usePlayerKeys` takes them */
export function PlayerCommands({
  player,
  keys,
}: {
  player: Player
  keys: Readonly<Record<string, () => void>>
}) {
  const own = Object.entries(keys).flatMap(([letter, run]): Offered[] => {
    const title = TITLES[letter]
    return title ? [{ id: `film-${letter}`, title, keys: letter.toUpperCase(), run }] : []
  })
  return [...ofPlayer(player), ...own].map((command) => <Offer key={command.id} command={command} />)
}

function Offer({ command }: { command: Offered }) {
  useCommand({ ...command, group: 'Film', keysAreHeard: true })
  return null
}
