/** Where the files of an asset are in the store. Callers' names are only ever the last part of a key. Pure. */
import { objectPrefix } from '../access/owner.ts'

/** What may be in a key; the rest becomes `_`. */
const UNSAFE = /[^A-Za-z0-9._-]/g
const LONGEST_NAME = 150

/** Key of the file itself, in a folder of its own. */
export const fileKey = (owner: string, id: string, filename: string): string =>
  `${objectPrefix(owner)}assets/${id}/${filename.replace(UNSAFE, '_').slice(-LONGEST_NAME)}`

/** The folder of an asset, with everything that belongs to it. */
export const folderOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1)

/** Folder that uploads are put to. What was looked at is copied from there, so an address to put to never leads to it. */
export const incomingFolder = (key: string): string => `${folderOf(key)}incoming/`
export const incomingKey = (key: string): string => `${incomingFolder(key)}${key.slice(folderOf(key).length)}`

/** A part of an upload. No file can be called so: `~` is none of what may be in a name. */
export const partKey = (key: string, number: number): string => `${incomingKey(key)}~${number}`

export const thumbnailKey = (key: string): string => `${folderOf(key)}made/thumbnail.webp`
